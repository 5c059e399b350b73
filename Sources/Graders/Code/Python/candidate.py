# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
#
# Loads a solution and does what it is asked with it. Whatever it answers is the solution's word.
def complaint(error):
    try:
        text = str(error)[:300]
    except BaseException:
        text = ''
    return '[%s,%s]' % (quote(type(error).__name__[:80]), quote(text.encode(
        'utf-8', 'replace').decode()))


# What judges of such tasks take for granted.
USUAL = '''
import array, bisect, cmath, collections, copy, datetime, decimal, fractions, functools, heapq
import itertools, math, operator, random, re, statistics, string, sys, typing
from bisect import *
from collections import *
from functools import *
from heapq import *
from itertools import *
from math import *
from operator import *
from random import *
from string import *
from typing import *
from builtins import *
'''


class Candidate:
    def __init__(self, source, has_usual_imports):
        self.module = type(sys)('solution')
        self.values = []
        # One for all results: what they may hold together is bounded.
        self.encoder = Encoder()
        self.source = source
        self.has_usual_imports = has_usual_imports

    def load(self):
        # Returns an answer if there is nothing to ask.
        try:
            code = compiled(self.source)
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            place = getattr(error, 'lineno', None) or 0
            text = getattr(error, 'msg', None) or str(error)
            return '{"compile_error":[%s,%d,%s]}' % (
                quote(type(error).__name__), place, quote(str(text)[:300].encode(
                    'utf-8', 'replace').decode()))
        self.module.__dict__['__builtins__'] = __builtins__
        sys.modules['solution'] = self.module
        try:
            if self.has_usual_imports:
                exec(USUAL, self.module.__dict__)
            exec(code, self.module.__dict__)
        except BaseException as error:
            return '{"load_error":%s}' % complaint(error)
        return None

    def perform(self, event):
        tag = event[0]
        if tag == 'name':
            value = self.module.__dict__[event[1]] if event[1] in self.module.__dict__ else None
            if value is None and event[1] not in self.module.__dict__:
                raise NameError("name '%s' is not defined" % event[1])
            return value, []
        target = self.values[event[1]]
        if tag == 'attr':
            return getattr(target, event[2]), []
        arguments = [decode(item, self.value) for item in event[2]]
        named = {key: decode(item, self.value) for key, item in event[3].items()}
        return target(*arguments, **named), arguments

    def value(self, index):
        return self.values[index]

    def result(self, event):
        try:
            value, arguments = self.perform(event)
        except BaseException as error:
            self.values.append(None)
            return '{"raised":%s}' % complaint(error)
        self.values.append(value)
        try:
            text = '"value":' + self.encoder.encode(value)
        except BaseException as error:
            text = '"opaque":%s' % quote(type(value).__name__[:80])
        if event[0] == 'call':
            text += self.changes(event[2], arguments)
        return '{%s}' % text

    def changes(self, before, arguments):
        # Arguments that the call changed, so that assertions about them hold outside too.
        found = []
        for index, (old, argument) in enumerate(zip(before, arguments)):
            if type(argument) not in (list, dict, set, bytearray) or (
                    type(old) is dict and 'ref' in old):
                continue
            try:
                text = Encoder(reveal=False).encode(argument)
                if text != Encoder(reveal=False).encode(decode(old, self.value)):
                    found.append('[%d,%s]' % (index, text))
            except BaseException:
                pass
        return ',"changed":[%s]' % ','.join(found) if found else ''


# Tests that cannot be asked from outside run here, beside their solution.

OPINIONS = set('eq ne lt le gt ge bool len contains float int index complex'.split())
# Not `type.__flags__`, which is a number: that of `type` itself.
FLAGS = type.__dict__['__flags__'].__get__


def reduced(function):
    # What a function returns, as plain data where it is data, so that its own opinion of == is not
    # asked. Other objects pass unless they have opinions.
    def call(*arguments, **named):
        value = function(*arguments, **named)
        try:
            return decode(parse(Encoder(reveal=False).encode(value)))
        except BaseException:
            pass
        for kind in type.mro(type(value))[:-1]:
            own = {name.strip('_') for name in type.__getattribute__(kind, '__dict__')}
            if FLAGS(kind) & 1 << 9 and own & OPINIONS:
                raise TypeError('an object that compares itself')
        return value
    return call


def beside(candidate, asked):
    own = candidate.module.__dict__
    function = type(main)
    try:
        entry = asked.get('entry')
        if entry:
            entry = reduced(eval(entry, own))
        # The test has names of its own, in which functions of the solution are reduced.
        names = {
            name: reduced(value) if type(value) is function else value
            for name, value in own.items()}
        for text in (asked['setup'], asked['text']):
            exec(compile(text, '<test>', 'exec', dont_inherit=True), names)
        if entry:
            names['check'](entry)
        # Holds or does not: which of the two nobody is told.
        exec(compile(asked['ending'], '<test>', 'exec', dont_inherit=True), {})
    except BaseException as error:
        return '{"failed":%s}' % complaint(error)
    return '{"complete":%s}' % quote(asked['nonce'])


def main():
    data, channel = take_input()
    head, rest = data.split(b'\n', 1)
    size, has_usual_imports = map(int, head.split())
    candidate = Candidate(rest[:size], has_usual_imports)
    asked = parse(rest[size:].decode())
    del data, rest
    text = candidate.load()
    if text is None and type(asked) is dict:
        text = beside(candidate, asked)
    elif text is None:
        results = []
        total = 0
        for event in asked:
            results.append(candidate.result(event))
            total += len(results[-1])
            if total > 12000000:
                answer(channel, '{"too_large":true}')
        text = '{"results":[%s]}' % ','.join(results)
    answer(channel, text)


main()
