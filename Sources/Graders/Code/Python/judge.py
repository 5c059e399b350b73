# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
#
# Plans tests, and gives verdicts on what came back.


# Plan form of a test: each statement may fail alone, and assertions say what they wait for.

def call_of(name, arguments, at):
    import _ast
    place = {'lineno': at.lineno, 'col_offset': 0, 'end_lineno': at.lineno, 'end_col_offset': 0}
    function = _ast.Name(id=name, ctx=_ast.Load(), **place)
    return _ast.Call(func=function, args=arguments, keywords=[], **place)


def planned_assert(node):
    import _ast
    place = {'lineno': node.lineno, 'col_offset': 0, 'end_lineno': node.lineno,
             'end_col_offset': 0}
    test = node.test
    if isinstance(test, _ast.Compare) and len(test.ops) == 1:
        operator, right = test.ops[0], test.comparators[0]
        single = isinstance(operator, _ast.Is) and isinstance(right, _ast.Constant)
        if isinstance(operator, _ast.Eq) or single and right.value in (None, True, False):
            call = call_of('__assay_expect__', [test.left, right], node)
            return _ast.Expr(value=call, **place)
        return node
    wanted = True
    if isinstance(test, _ast.UnaryOp) and isinstance(test.op, _ast.Not):
        test, wanted = test.operand, False
    if isinstance(test, (_ast.Call, _ast.Constant, _ast.Name)):
        flag = _ast.Constant(value=wanted, **place)
        return _ast.Expr(value=call_of('__assay_truth__', [test, flag], node), **place)
    return node


def planned(body, room, guarded=False):
    import _ast
    result = []
    for node in body:
        inner = guarded or isinstance(node, _ast.Try)
        if isinstance(node, (_ast.Try, _ast.With)):
            room.simple = False
        for field in ('body', 'orelse', 'finalbody'):
            part = getattr(node, field, None)
            if type(part) is list:
                setattr(node, field, planned(part, room, inner))
        for field in ('handlers', 'cases'):
            for part in getattr(node, field, []):
                part.body = planned(part.body, room, inner)
        if isinstance(node, _ast.Assert):
            node = planned_assert(node)
        future = isinstance(node, _ast.ImportFrom) and node.module == '__future__'
        if future or isinstance(node, (_ast.Global, _ast.Nonlocal, _ast.FunctionDef)):
            result.append(node)
            continue
        imports = isinstance(node, (_ast.Import, _ast.ImportFrom)) and not guarded
        name = '__assay_import__' if imports else '__assay_skip__'
        place = {'lineno': node.lineno, 'col_offset': 0, 'end_lineno': node.lineno,
                 'end_col_offset': 0}
        error = _ast.Name(id='__assay_error__', ctx=_ast.Load(), **place)
        handler = _ast.ExceptHandler(
            type=_ast.Name(id='BaseException', ctx=_ast.Load(), **place), name='__assay_error__',
            body=[_ast.Expr(value=call_of(name, [error], node), **place)], **place)
        result.append(_ast.Try(body=[node], handlers=[handler], orelse=[], finalbody=[], **place))
    return result


def reseed():
    random = sys.modules.get('random')
    if random:
        random.seed(0)
    numpy = sys.modules.get('numpy')
    if numpy:
        numpy.random.seed(0)


class Seeder:
    # Numbers that a test draws are the same each time.
    def find_spec(self, name, path=None, target=None):
        if name == 'random':
            sys.meta_path.remove(self)
            import random
            random.seed(0)
        return None


def perform(test, room):
    names = Names(room)
    texts = [test['setup'], test['text']] if test.get('setup') else [test['text']]
    trees = [compile(text, '<test>', 'exec', 0x400, dont_inherit=True) for text in texts]
    if room.plans:
        names.update({
            '__assay_expect__': room.expect, '__assay_truth__': room.expect_truth,
            '__assay_skip__': room.skip, '__assay_import__': room.skip_import})
        for tree in trees:
            tree.body = planned(tree.body, room)
    for tree in trees:
        exec(compile(tree, '<test>', 'exec', dont_inherit=True), names)
    entry = test.get('entry')
    if entry:
        value = names
        for index, part in enumerate(entry.split('.')):
            name = part[:-2] if part.endswith('()') else part
            value = room.event(['name', name]) if index == 0 else getattr(value, name)
            if part.endswith('()'):
                value = value()
        if 'check' not in names:
            return 'no check'
        names['check'](value)
    return None


def plan(test, events=(), results=()):
    reseed()
    room = Room(list(events), list(results), True, test.get('own', ()))
    try:
        problem = perform(test, room)
        if problem:
            return '{"state":"invalid","message":"the program defines no function check"}'
    except (SyntaxError, ValueError) as error:
        return '{"state":"invalid","message":%s}' % quote('%s: %s' % (
            type(error).__name__, str(error)[:200]))
    except Unsendable as error:
        return '{"state":"in_process","message":%s}' % quote(str(error))
    except Stop:
        return '{"state":"in_process","message":"too many calls"}'
    except BaseException as error:
        room.skip(error)
    if room.missing:
        return '{"state":"invalid","message":%s}' % quote(room.missing[:200])
    if not room.events and 'own' not in test and not test.get('entry'):
        # Nothing of the solution is called, unless it is named like a function of Python.
        own = outermost(test['text'])
        if own:
            return plan(dict(test, own=own))
    return '{"state":"planned","simple":%s,"aliases":%s,"own":%s,"events":%s,"expected":[%s]}' % (
        'true' if room.simple and not results else 'false',
        'true' if aliases(test) else 'false', dumped(list(test.get('own', ()))),
        quote(dumped(room.events)),
        ','.join('[%d,%s]' % (index, quote(text)) for index, text in room.expected))


def children(node):
    import _ast
    for field in node._fields:
        part = getattr(node, field, None)
        for item in part if type(part) is list else [part]:
            if isinstance(item, _ast.AST):
                yield item


def outermost(text):
    # Functions of Python that a test calls other than within an argument.
    import _ast
    found, left = set(), [compile(text, '<test>', 'exec', 0x400, dont_inherit=True)]
    while left:
        node = left.pop()
        if isinstance(node, _ast.Call):
            if isinstance(node.func, _ast.Name) and node.func.id in BUILTINS:
                found.add(node.func.id)
        else:
            left.extend(children(node))
    return sorted(found)


def aliases(test):
    # Whether a name that the test gives to a value is used: then a changed argument may show.
    import _ast
    stored, loaded = set(), set()
    left = [compile(test['text'], '<test>', 'exec', 0x400, dont_inherit=True)]
    while left:
        node = left.pop()
        left.extend(children(node))
        if isinstance(node, _ast.Name):
            (loaded if isinstance(node.ctx, _ast.Load) else stored).add(node.id)
        elif isinstance(node, _ast.NamedExpr):
            stored.add(node.target.id)
    return bool(loaded & stored)


def dumped(value):
    kind = type(value)
    if kind is list:
        return '[' + ','.join(map(dumped, value)) + ']'
    if kind is dict:
        return '{' + ','.join(quote(key) + ':' + dumped(item) for key, item in value.items()) + '}'
    if kind is str:
        return quote(value)
    return {None: 'null', True: 'true', False: 'false'}[value] if kind in (
        bool, type(None)) else repr(value)


def verdict(test, events, results):
    reseed()
    room = Room(events, results, False, test.get('own', ()))
    try:
        perform(test, room)
        return '{"state":"passed"}'
    except Unknown:
        return plan(test, events, results)
    except Unsendable:
        return '{"state":"failed","cause":"unsendable"}'
    except AssertionError as error:
        if room.raised and room.raised[0] is error:
            return '{"state":"raised","error":%s}' % dumped(list(room.raised[1:]))
        place = error.__traceback__
        line = 0
        while place:
            if place.tb_frame.f_code.co_filename == '<test>':
                line = place.tb_lineno
            place = place.tb_next
        return '{"state":"failed","line":%d}' % line
    except SystemExit as error:
        return '{"state":"%s"}' % ('passed' if not error.code else 'failed')
    except BaseException as error:
        if room.raised and room.raised[0] is error:
            return '{"state":"raised","error":%s}' % dumped(list(room.raised[1:]))
        return '{"state":"failed","cause":%s}' % quote(type(error).__name__)


def main():
    data, channel = take_input()
    asked = parse(data.decode())
    sys.meta_path.insert(0, Seeder())
    if 'tests' in asked:
        answer(channel, '{"plans":[%s]}' % ','.join(map(plan, asked['tests'])))
    try:
        results = parse(asked['results'])['results']
        events = parse(asked['events'])
        for result in results:
            if 'value' in result:
                decode(result['value'])
    except BaseException:
        answer(channel, '{"state":"malformed"}')
    answer(channel, verdict(asked['test'], events, results))


main()
