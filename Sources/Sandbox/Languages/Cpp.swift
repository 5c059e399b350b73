// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

extension ProgramLanguage {
    private static let standard = ["-std=gnu++20", "-O2", "-w", "-fdiagnostics-color=never"]

    /// C++20 by g++, optimised, with `<bits/stdc++.h>` precompiled.
    public static let cpp = ProgramLanguage(
        name: "cpp",
        sourceName: "main.cpp",
        compileCommand: ["{compiler}"] + standard
            + ["-fmax-errors=20", "-I{include}", "-x", "c++", "main.cpp", "-o", "program"],
        artifactName: "program",
        runCommand: ["./program"],
        environment: [],
        isPython: false,
        precompiledHeader: PrecompiledHeader(
            name: "bits/stdc++.h",
            // Found when a macro or pragma before the include makes the compiler drop the .gch.
            content: "#pragma GCC system_header\n#include_next <bits/stdc++.h>\n",
            command: ["{compiler}"] + standard
                + ["-x", "c++-header", "stdc++.h", "-o", "stdc++.h.gch"],
            sourceName: "stdc++.h",
            artifactName: "stdc++.h.gch",
            identityCommand: ["{compiler}", "--version"]),
        control: ControlProgram(
            source: "#include <bits/stdc++.h>\nint main() { std::cout << 6 * 7; }\n", output: "42"))

    /// C++20 with a second unit, `completion.cpp`, whose `__wrap_main` is called in place of
    /// `main`.
    ///
    /// - Parameter usesCrypto: links OpenSSL's libcrypto too, which one problem of HumanEval needs;
    ///   where its header is found, so is the library.
    /// - Returns: the language.
    public static func cppTest(usesCrypto: Bool) -> ProgramLanguage {
        let library = usesCrypto ? ["-lcrypto"] : []
        let extra = ["completion.cpp", "-Wl,--wrap=main"] + library + ["-o", "program"]
        return ProgramLanguage(
            name: "cpp",
            sourceName: cpp.sourceName,
            compileCommand: Array(cpp.compileCommand.dropLast(2)) + extra,
            artifactName: cpp.artifactName,
            runCommand: cpp.runCommand,
            environment: cpp.environment,
            isPython: cpp.isPython,
            precompiledHeader: cpp.precompiledHeader,
            control: cpp.control)
    }
}
