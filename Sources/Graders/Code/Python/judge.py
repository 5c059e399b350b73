# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
#
# Runs the text of a test away from the solution. Calls of the solution become events; what came of
# them is filled in when it is known. Nothing of the solution runs here, only its data arrives.
EVENTS = 20000


class Unknown(BaseException):
    pass


class Stop(BaseException):
    pass


class Unsendable(BaseException):
    pass


class SolutionError(Exception):
    pass


class Remote:
    # Something that only the solution has. In a plan, also what is not known yet.
    __slots__ = ('_index', '_room')

    def __init__(self, room, index):
        object.__setattr__(self, '_room', room)
        object.__setattr__(self, '_index', index)

    def __call__(self, *arguments, **named):
        return self._room.call(self._index, arguments, named)

    def __getattr__(self, name):
        if name.startswith('__') and name.endswith('__'):
            raise AttributeError(name)
        return self._room.event(['attr', self._index, name])

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def force(self, *ignored):
        if self._room.plans:
            raise Unknown
        raise TypeError('the solution returned an object that is not plain data')

    def same(self, other):
        # An object of the solution equals nothing: its own opinion is not asked.
        return False if not self._room.plans else self.force()

    def differs(self, other):
        return True if not self._room.plans else self.force()

    __eq__, __ne__ = same, differs
    __hash__ = object.__hash__


for name in ('bool len iter next contains getitem setitem delitem lt le gt ge add radd sub rsub mul '
             'rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor '
             'neg pos abs invert int float complex index round trunc floor ceil enter exit str '
             'repr format bytes divmod rdivmod lshift rshift matmul reversed').split():
    if name != 'repr' and name != 'str' and name != 'bool':
        setattr(Remote, '__%s__' % name, Remote.force)


def truth(self):
    if self._room.plans:
        raise Unknown
    return True


Remote.__bool__ = truth

FROM = {
    'math': 'sqrt ceil floor gcd factorial pi inf isclose log log2 comb prod',
    'collections': 'Counter defaultdict deque OrderedDict namedtuple',
    'typing': 'List Dict Set Tuple Optional Any Union Callable Iterable',
    'itertools': 'permutations combinations product accumulate chain', 'functools': 'reduce',
    'copy': 'deepcopy', 'fractions': 'Fraction', 'decimal': 'Decimal'}
MODULES = set(
    'math cmath random copy collections itertools functools string re sys json heapq bisect '
    'datetime decimal fractions operator statistics typing time inspect array numpy'.split())


def usual(name):
    # What the test may take from imports of the solution, but must not: it would ask the solution.
    try:
        if name in MODULES:
            return True, __import__(name)
        if name == 'np':
            return True, __import__('numpy')
        for module, names in FROM.items():
            if name in names.split():
                return True, getattr(__import__(module), name)
    except ImportError:
        pass
    return False, None


class Names(dict):
    def __init__(self, room):
        self.room = room
        self['__name__'] = '__main__'

    def __missing__(self, name):
        if name in BUILTINS and name not in self.room.own:
            return BUILTINS[name]
        if name.startswith('__'):
            raise KeyError(name)
        found, value = usual(name)
        self[name] = value if found else self.room.event(['name', name])
        return self[name]


BUILTINS = dict(__builtins__.__dict__ if not isinstance(__builtins__, dict) else __builtins__)


class Room:
    def __init__(self, events, results, plans, own=()):
        self.known, self.results, self.plans, self.own = events, results, plans, own
        self.events, self.expected, self.simple, self.stopped = [], [], True, False
        self.missing = None
        self.raised = None

    # Events

    def reference(self, value):
        if type(value) is Remote:
            return '{"ref":%d}' % value._index
        return None

    def encoded(self, value):
        try:
            return Encoder(reference=self.reference, reveal=False).encode(value)
        except TooLarge:
            raise Unsendable('an argument is too large')
        except TypeError as error:
            raise Unsendable('an argument of type %s cannot be sent' % error)

    def call(self, index, arguments, named):
        values = list(arguments)
        event = ['call', index, [parse(self.encoded(value)) for value in values],
                 {key: parse(self.encoded(value)) for key, value in named.items()}]
        return self.event(event, values)

    def event(self, event, arguments=()):
        place = len(self.events)
        if place >= EVENTS:
            self.stopped = True
            raise Stop
        if place < len(self.results) and self.agrees(self.known[place], event):
            self.events.append(event)
            return self.outcome(place, self.results[place], arguments)
        self.results = self.results[:place]
        if not self.plans:
            raise Unknown
        self.events.append(event)
        return Remote(self, place)

    def agrees(self, known, event):
        if type(known) is dict and len(known) == 1 and 'ref' in known and known != event:
            result = self.results[known['ref']] if known['ref'] < len(self.results) else {}
            return 'value' in result and self.agrees(result['value'], event)
        if type(known) is not type(event):
            return False
        if type(known) is list:
            return len(known) == len(event) and all(map(self.agrees, known, event))
        if type(known) is dict:
            return known.keys() == event.keys() and all(
                self.agrees(known[key], event[key]) for key in known)
        return known == event

    def outcome(self, place, result, arguments):
        if 'raised' in result:
            name, text = result['raised']
            kind = BUILTINS.get(name)
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                kind = SolutionError
            error = SolutionError(name, text)
            if issubclass(kind, Exception) and kind not in (UnicodeDecodeError,
                    UnicodeEncodeError, UnicodeTranslateError, ExceptionGroup):
                error = kind(text)
            self.raised = (error, name, text)
            raise error
        for index, value in result.get('changed', []):
            self.change(arguments[index], decode(value, self.remote))
        if 'value' in result:
            return decode(result['value'], self.remote)
        return Remote(self, place)

    def remote(self, index):
        return Remote(self, index)

    def change(self, old, new):
        if type(old) is not type(new):
            return
        if type(old) in (list, bytearray):
            old[:] = new
        elif type(old) in (dict, set):
            old.clear()
            old.update(new)

    # Plans

    def expect(self, left, right):
        if type(right) is Remote:
            left, right = right, left
        if type(left) is Remote:
            try:
                text = Encoder(reveal=False).encode(right)
            except (TypeError, TooLarge):
                text = '"nan"'
            if '"nan"' in text or '"float"' in text or type(right) is Remote:
                self.simple = False
            else:
                self.expected.append([left._index, text])
            return
        if not left == right:
            self.simple = False

    def expect_truth(self, value, wanted):
        if type(value) is Remote:
            self.expected.append([value._index, 'true' if wanted else 'false'])
        elif bool(value) is not wanted:
            self.simple = False

    def skip(self, error):
        if self.stopped:
            raise error
        if isinstance(error, Unsendable):
            self.stopped = True
            raise error
        self.simple = False

    def skip_import(self, error):
        if isinstance(error, ImportError) and self.missing is None:
            self.missing = str(error)
        self.skip(error)


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
