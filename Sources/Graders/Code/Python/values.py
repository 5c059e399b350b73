# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
#
# Values as tagged JSON: what JSON lacks is {"tag": ...}. Shared by both programs.
import _json
import posix
import sys

quote = _json.encode_basestring_ascii


class TooLarge(Exception):
    pass


class Encoder:
    # Reduces subclasses to what they hold: an overridden method is never called.
    def __init__(self, nodes=1000000, reference=None, reveal=True):
        self.nodes, self.reference, self.reveal = nodes, reference, reveal

    def encode(self, value, depth=0):
        self.nodes -= 1
        if self.nodes < 0 or depth > 56:
            raise TooLarge
        if value is None:
            return 'null'
        if value is True:
            return 'true'
        if value is False:
            return 'false'
        kind = type(value)
        simple = self.SIMPLE.get(kind)
        if simple:
            return simple(self, value, depth)
        if self.reference:
            text = self.reference(value)
            if text:
                return text
        for base in kind.__mro__:
            simple = self.SIMPLE.get(base)
            if simple:
                return simple(self, value, depth)
        return self.other(kind, value, depth)

    def integer(self, value, depth):
        value = int.__add__(value, 0)
        return int.__repr__(value) if -2**63 <= value < 2**63 else '{"int":"%s"}' % hex(value)

    def number(self, value, depth):
        value = float.__float__(value)
        if value - value != 0:
            return '{"float":"%r"}' % value
        return float.__repr__(value)

    def text(self, value, depth):
        value = str.__str__(value)
        self.nodes -= len(value) >> 4
        if self.nodes < 0:
            raise TooLarge
        try:
            value.encode()
        except UnicodeEncodeError:
            return '{"str":"%s"}' % value.encode('utf-8', 'surrogatepass').hex()
        return quote(value)

    def binary(self, value, depth):
        tag = 'bytes' if isinstance(value, bytes) else 'bytearray'
        self.nodes -= len(value) >> 3
        if self.nodes < 0:
            raise TooLarge
        return '{"%s":"%s"}' % (tag, bytes(value).hex())

    def items(self, values, depth):
        return '[' + ','.join([self.encode(value, depth) for value in values]) + ']'

    def array(self, value, depth):
        return self.items(list.__iter__(value), depth + 1)

    def put_tuple(self, value, depth):
        return '{"tuple":%s}' % self.items(tuple.__iter__(value), depth + 2)

    def put_set(self, value, depth):
        tag, walk = ('set', set) if isinstance(value, set) else ('frozenset', frozenset)
        texts = sorted([self.encode(item, depth + 2) for item in walk.__iter__(value)])
        return '{"%s":[%s]}' % (tag, ','.join(texts))

    def put_dict(self, value, depth):
        pairs = [
            '[%s,%s]' % (self.encode(key, depth + 3), self.encode(item, depth + 3))
            for key, item in dict.items(value)]
        return '{"dict":[%s]}' % ','.join(pairs)

    def put_complex(self, value, depth):
        return '{"complex":[%s,%s]}' % (
            self.number(value.real, depth), self.number(value.imag, depth))

    def put_range(self, value, depth):
        return '{"range":%s}' % self.items((value.start, value.stop, value.step), depth + 2)

    SIMPLE = {
        int: integer, float: number, str: text, bytes: binary, bytearray: binary, list: array,
        tuple: put_tuple, set: put_set, frozenset: put_set, dict: put_dict, complex: put_complex,
        range: put_range}
    VIEWS = {type({}.keys()): 'keys', type({}.values()): 'values', type({}.items()): 'items'}

    def other(self, kind, value, depth):
        module = kind.__module__
        if kind in self.VIEWS:
            return '{"%s":%s}' % (self.VIEWS[kind], self.items(list(value), depth + 2))
        if module == 'numpy' and not kind.__name__.endswith('array'):
            return self.encode(value.item(), depth)
        if module == 'decimal' and kind.__name__ == 'Decimal':
            return '{"decimal":%s}' % quote(str(value))
        if module == 'fractions' and kind.__name__ == 'Fraction':
            return '{"fraction":%s}' % self.items((value.numerator, value.denominator), depth + 2)
        if module == 'collections' and kind.__name__ == 'deque':
            return '{"deque":%s}' % self.items(value, depth + 2)
        if module == 'datetime' and hasattr(value, '__reduce__'):
            return '{"datetime":[%s,%s]}' % (
                quote(kind.__name__), self.items(value.__reduce__()[1], depth + 3))
        if self.reveal and self.walks(kind):
            taken = []
            for item in value:
                taken.append(item)
                if len(taken) > 200000:
                    raise TooLarge
            return '{"iter":%s}' % self.items(taken, depth + 2)
        raise TypeError(kind.__name__)

    def walks(self, kind):
        # Iterators that the interpreter itself makes; others are objects like any other.
        return kind.__module__ in ('builtins', 'itertools') and hasattr(kind, '__next__')


class Context:
    strict, object_hook, object_pairs_hook, memo = True, None, None, {}
    parse_float, parse_int, parse_constant = float, int, None


def parse(text):
    # The scanner of the json module, without importing all of it.
    kept = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return _json.make_scanner(Context())(text, 0)[0]
    finally:
        sys.set_int_max_str_digits(kept)


def decode(value, reference=None):
    kind = type(value)
    if kind is list:
        return [decode(item, reference) for item in value]
    if kind is not dict:
        return value
    (tag, held), = value.items()
    if tag in ('tuple', 'set', 'frozenset', 'deque', 'iter', 'keys', 'values', 'items', 'range',
               'complex', 'fraction'):
        held = [decode(item, reference) for item in held]
    if tag == 'dict':
        return {decode(key, reference): decode(item, reference) for key, item in held}
    if tag == 'datetime' and held[0] in ('datetime', 'date', 'time', 'timedelta'):
        import datetime
        return getattr(datetime, held[0])(*[decode(item, reference) for item in held[1]])
    if reference and tag == 'ref':
        return reference(held)
    return DECODERS[tag](held)


def fraction(held):
    import fractions
    return fractions.Fraction(*held)


def decimal(held):
    import decimal
    return decimal.Decimal(held)


def deque(held):
    import collections
    return collections.deque(held)


DECODERS = {
    'int': lambda held: int(held, 16), 'float': float, 'tuple': tuple, 'set': set,
    'frozenset': frozenset, 'complex': lambda held: complex(*held), 'bytes': bytes.fromhex,
    'bytearray': bytearray.fromhex, 'range': lambda held: range(*held), 'iter': iter,
    'str': lambda held: bytes.fromhex(held).decode('utf-8', 'surrogatepass'),
    'keys': lambda held: dict.fromkeys(held).keys(), 'items': lambda held: dict(held).items(),
    'values': lambda held: dict(enumerate(held)).values(), 'fraction': fraction,
    'decimal': decimal, 'deque': deque}


def take_input():
    # All of standard input; then the streams of whatever runs here lead nowhere.
    parts = []
    while True:
        part = posix.read(0, 1 << 20)
        if not part:
            break
        parts.append(part)
    channel = posix.dup(1)
    null = posix.open('/dev/null', posix.O_RDWR)
    posix.dup2(null, 0)
    posix.dup2(null, 1)
    return b''.join(parts), channel


def answer(channel, text):
    data = text.encode()
    while data:
        data = data[posix.write(channel, data):]
    posix._exit(0)
