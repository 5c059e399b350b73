// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

extension ProgramLanguage {
    /// C17 with GNU extensions by the C++ compiler's own C front end, optimised, with libm.
    ///
    /// `-Wl,--as-needed` leaves the C++ library out, which that driver would link.
    public static let c = ProgramLanguage(
        name: "c",
        sourceName: "main.c",
        compileCommand: [
            "{compiler}", "-x", "c", "-std=gnu17", "-O2", "-w", "-fdiagnostics-color=never",
            "-fmax-errors=20", "main.c", "-o", "program", "-Wl,--as-needed", "-lm",
        ],
        artifactName: "program",
        runCommand: ["./program"],
        environment: [],
        isPython: false,
        precompiledHeader: nil,
        control: ControlProgram(
            source: "#include <stdio.h>\nint main(void) { printf(\"%d\", 6 * 7); }\n", output: "42")
    )
}
