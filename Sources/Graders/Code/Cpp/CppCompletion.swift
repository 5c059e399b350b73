// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Hashing

/// The second translation unit of a C++ test program, and what it proves.
///
/// Theory of operation. The test's `main` stays what it is, but the linker hands the start of the
/// program to `__wrap_main` here, which reads a challenge from standard input, calls the test's
/// `main`, and answers the challenge if that returned 0 and no assertion failed. Macros of the
/// solution do not reach this unit; system calls are made without the C library, whose functions
/// a solution may replace; names and constants are unknown to it. A challenge may also demand that
/// the first assertion fails: a program that answers such a one has forged its ending. What shares
/// a process can be found out all the same, by a solution that takes the binary apart.
struct CppCompletion: Sendable {
    /// Ends the names of this program's functions.
    let tag: String
    private let keys: [UInt64]

    /// Of this process: nobody outside can compute a tag.
    private static let secret = ByteString((0..<32).map { _ in UInt8.random(in: 0 ... .max) })

    /// The constants for a solution and a test: the same for twins, so that they compile once.
    init(solution: ByteString, test: ByteString) {
        func derived(_ label: ByteString) -> [UInt8] {
            var hash = SHA256()
            for part in [Self.secret, label, solution, test] { hash.update(lengthPrefixed: part) }
            return hash.finish().bytes
        }
        tag = String(decoding: derived("tag").prefix(12).flatMap(Self.hex), as: UTF8.self)
        let bytes = derived("keys")
        keys = (0..<4).map { word in
            bytes[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    // MARK: - Challenges

    /// What a run reads: 32 bytes, of which only the keys tell what they demand.
    func challenge(isControl: Bool) -> [UInt64] {
        while true {
            let words = (0..<4).map { _ in UInt64.random(in: 0 ... .max) }
            if (mix(words, 0) & 1 == 1) == isControl { return words }
        }
    }

    /// The challenge as bytes of standard input.
    static func bytes(_ challenge: [UInt64]) -> ByteString {
        ByteString(
            challenge.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            })
    }

    /// What an answer says.
    enum Ending: UInt64 {
        /// `main` returned 0 after assertions that held.
        case checked = 1
        /// `main` returned 0, and made no assertion.
        case unchecked = 2
        /// An assertion failed.
        case failed = 3
    }

    /// The answer that says an ending.
    func answer(_ ending: Ending, to challenge: [UInt64]) -> ByteString {
        let digits = String(mix(challenge, ending.rawValue), radix: 16)
        return ByteString(String(repeating: "0", count: 16 - digits.count) + digits)
    }

    private func mix(_ words: [UInt64], _ label: UInt64) -> UInt64 {
        var state = label
        for (word, key) in zip(words, keys) {
            state = (state ^ word) &+ key
            state = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            state = (state ^ state >> 27) &* 0x94d0_49bb_1331_11eb
            state ^= state >> 31
        }
        return state
    }

    // MARK: - Source

    /// The unit's source.
    var source: ByteString {
        let constants = keys.map { String($0) + "u" }.joined(separator: ", ")
        return ByteString(
            Self.template.replacing("@TAG@", with: tag).replacing("@KEYS@", with: constants))
    }

    private static let template = #"""
        typedef unsigned long word;
        extern "C" int __real_main(int, char **, char **);
        static const word keys[4] = {@KEYS@};
        static word challenge[4];
        static volatile int checks, failures, channel = -1;

        #if defined(__x86_64__)
        static long call(long number, long a, const void *b, word c) {
            long result;
            asm volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c)
                         : "rcx", "r11", "memory");
            return result;
        }
        enum { READ = 0, WRITE = 1, DUP = 32 };
        #elif defined(__aarch64__)
        static long call(long number, long a, const void *b, word c) {
            register long x8 asm("x8") = number, x0 asm("x0") = a;
            register const void *x1 asm("x1") = b;
            register word x2 asm("x2") = c;
            asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
            return x0;
        }
        enum { READ = 63, WRITE = 64, DUP = 23 };
        #endif

        static word mix(word label) {
            word state = label;
            for (int i = 0; i < 4; i++) {
                state = (state ^ challenge[i]) + keys[i];
                state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9u;
                state = (state ^ state >> 27) * 0x94d049bb133111ebu;
                state ^= state >> 31;
            }
            return state;
        }

        static void say(word label, int line) {
            char text[40];
            int size = 0;
            word value = mix(label);
            text[size++] = '\n';
            for (int shift = 60; shift >= 0; shift -= 4)
                text[size++] = "0123456789abcdef"[value >> shift & 15];
            text[size++] = ' ';
            for (int unit = 1000000; unit; unit /= 10)
                text[size++] = (char)('0' + line / unit % 10);
            text[size++] = '\n';
            call(WRITE, channel, text, (word)size);
        }

        void assay_check_@TAG@(bool holds, int line) {
            checks = checks + 1;
            if (holds && !(mix(0) & 1)) return;
            if (!failures) say(3, line);
            failures = failures + 1;
            __builtin_trap();
        }

        extern "C" int __wrap_main(int count, char **arguments, char **environment) {
            word size = 0;
            while (size < sizeof challenge) {
                long got = call(READ, 0, (char *)challenge + size, sizeof challenge - size);
                if (got <= 0) return 125;
                size += (word)got;
            }
            channel = (int)call(DUP, 1, 0, 0);
            int result = __real_main(count, arguments, environment);
            if (!result && !failures) say(checks ? 1 : 2, 0);
            return result;
        }

        """#
}
