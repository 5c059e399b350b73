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
