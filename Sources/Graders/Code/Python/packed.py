# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
#
# Turns a program into one that does the same and is compiled already: its code is a literal.
import binascii
import marshal
import sys

code = compile(sys.stdin.buffer.read(), 'main.py', 'exec', dont_inherit=True)
text = binascii.b2a_base64(marshal.dumps(code), newline=False).decode()
print("exec(__import__('marshal').loads(__import__('binascii').a2b_base64('%s')))" % text)
