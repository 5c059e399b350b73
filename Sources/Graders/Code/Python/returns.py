# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
#
# Programs that return at their top level, as bodies of functions may when they are cut out.

def wrapped_return(source):
    # A program that returns at its top level: its statements become those of a function.
    import ast
    tree = ast.parse(source)
    names, first, rest = set(), [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
    def own(body):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names.update((item.asname or item.name).split('.')[0] for item in node.names)
            else:
                for field in ('body', 'orelse', 'finalbody'):
                    own(getattr(node, field, []))
                for handler in getattr(node, 'handlers', []):
                    own(handler.body)
                    if handler.name:
                        names.add(handler.name)
    own(tree.body)
    for node in tree.body:
        star = isinstance(node, ast.ImportFrom) and (
            node.module == '__future__' or node.names[0].name == '*')
        (first if star else rest).append(node)
    names.discard('*')
    made = ast.parse('def __solution__():\n    pass\n__solution__()')
    made.body[0].body = ([ast.Global(sorted(names))] if names else []) + (rest or [ast.Pass()])
    made.body[:0] = first
    return ast.fix_missing_locations(made)


def compiled(source):
    try:
        return compile(source, 'main.py', 'exec', dont_inherit=True)
    except SyntaxError as error:
        if "'return' outside function" not in str(error):
            raise
        return compile(wrapped_return(source), 'main.py', 'exec', dont_inherit=True)
