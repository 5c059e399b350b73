// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The Python program that asks SymPy, run in the sandbox once for each question.
///
/// It reads two expressions as ``MathExpression/symbolicForm`` writes them, apart by an empty line.
/// It evaluates no text: an operation is looked up in a table. It writes `reference` as soon as the
/// reference has a value, so that an overrun behind it is known to be the answer's, and then
/// `equal exact`, `equal numeric`, `different` with a sentence, or `unknown`.
enum SymPyProgram {
    static let source = #"""
        import sys
        from fractions import Fraction
        import sympy as S

        UNARY = {name: getattr(S, target) for name, target in {
            'sin': 'sin', 'cos': 'cos', 'tan': 'tan', 'cot': 'cot', 'sec': 'sec', 'csc': 'csc',
            'arcsin': 'asin', 'arccos': 'acos', 'arctan': 'atan', 'arcsec': 'asec', 'arccsc': 'acsc',
            'sinh': 'sinh', 'cosh': 'cosh', 'tanh': 'tanh', 'coth': 'coth', 'sech': 'sech',
            'csch': 'csch', 'arsinh': 'asinh', 'arcosh': 'acosh', 'artanh': 'atanh', 'exp': 'exp',
            'ln': 'log', 'log': 'log', 'abs': 'Abs', 'floor': 'floor', 'ceil': 'ceiling', 're': 're',
            'im': 'im', 'conj': 'conjugate', 'arg': 'arg', 'gamma': 'gamma', 'sign': 'sign',
            'zeta': 'zeta'}.items()}
        UNARY['arccot'] = lambda x: S.pi / 2 - S.atan(x)
        BINDERS = {
            'sum': lambda v, low, high, body: S.Sum(body, (v, low, high)),
            'product': lambda v, low, high, body: S.Product(body, (v, low, high)),
            'integral': lambda v, low, high, body: S.Integral(body, (v, low, high)),
            'limit': lambda v, point, body: S.Limit(body, v, point, '+-'),
        }
        OPERATIONS = {
            'pi': lambda: S.pi, 'euler': lambda: S.E, 'imaginaryUnit': lambda: S.I,
            'infinity': lambda: S.oo, 'add': S.Add, 'multiply': S.Mul, 'negate': lambda x: -x,
            'divide': lambda x, y: x / y, 'power': S.Pow,
            'root': lambda x, n: S.real_root(x, n) if n.is_odd else S.root(x, n),
            'logarithm': lambda *p: S.log(p[1], p[0]),
            'factorial': S.factorial, 'doubleFactorial': S.factorial2, 'binomial': S.binomial,
            'percent': lambda x: x / 100, 'degrees': lambda x: x * S.pi / 180, 'modulo': S.Mod,
            'gcd': lambda *p: S.gcd(list(p)), 'lcm': lambda *p: S.lcm(list(p)),
            'minimum': S.Min, 'maximum': S.Max, **BINDERS,
        }

        def symbol(code):
            return S.Symbol('v' + code, real=True)

        def build(lines):
            stack = []
            for line in lines:
                kind, *rest = line.split(' ')
                if kind == 'number':
                    above, below = rest[0].split('/')
                    stack.append(S.Rational(int(above, 16), int(below, 16)))
                elif kind == 'longNumber':
                    stack.append(S.Integer(int(rest[0])) * S.Integer(10) ** int(rest[1]))
                elif kind == 'symbol':
                    stack.append(symbol(rest[0]))
                elif kind == 'function':
                    stack.append(UNARY[rest[0]](stack.pop()))
                else:
                    count = int(rest[0])
                    parts = stack[len(stack) - count:]
                    del stack[len(stack) - count:]
                    if kind == 'apply':
                        stack.append(S.Function('f' + rest[1])(*parts))
                    else:
                        stack.append(OPERATIONS[kind](*parts))
            (result,) = stack
            return result.doit()

        POINTS = [Fraction(a, b) for a, b in (
            (13, 7), (-17, 11), (5, 13), (-3, 8), (29, 5), (101, 17), (7, 3), (-41, 9),
            (1, 7), (19, 6), (-2, 9), (83, 4), (11, 5), (37, 8), (3, 11), (64, 7))]
        DIGITS = 50

        def points(names):
            if not names:
                yield {}
                return
            for start in range(len(POINTS)):
                yield {name: S.Rational(POINTS[(start + 5 * place) % len(POINTS)])
                       for place, name in enumerate(names)}

        def value(expression, point, is_complex):
            number = expression.subs(point).evalf(DIGITS)
            if not number.is_number or number.has(S.nan, S.zoo, S.oo, S.Sum, S.Integral, S.Limit):
                return None
            if not is_complex and point and S.im(number) != 0:
                return None
            return number if number.is_finite else None

        def main():
            first, second = sys.stdin.read().split('\n\n')
            reference = build(first.split('\n'))
            is_complex = 'imaginaryUnit' in first + second
            names = sorted(reference.free_symbols, key=str)
            if all(value(reference, p, is_complex) is None for p in points(names)):
                print('unknown', flush=True)
                return
            print('reference', flush=True)
            answer = build(second.split('\n'))
            names = sorted(reference.free_symbols | answer.free_symbols, key=str)
            agreed = 0
            for point in points(names):
                x, y = value(reference, point, is_complex), value(answer, point, is_complex)
                if x is None or y is None:
                    continue
                if abs(x - y) > S.Float(10) ** (10 - DIGITS) * max(1, abs(x), abs(y)):
                    print('different', x.evalf(8), 'vs', y.evalf(8))
                    return
                agreed += 1
            needed = 8 if names else 1
            if agreed >= needed and S.simplify(reference - answer) == 0:
                print('equal exact')
            else:
                print('equal numeric' if agreed >= needed else 'unknown')

        try:
            main()
        except (KeyError, ValueError, TypeError, IndexError, ArithmeticError,
                NotImplementedError, AttributeError, RecursionError, MemoryError) as error:
            print('unknown', type(error).__name__)
        """#
}
