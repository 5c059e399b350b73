// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Sandbox
import TestSupport
import Testing

@Suite struct SmokeTests {
    @Test func smoke() async throws {
        let c = SandboxConfiguration(helperPath: Locations.products + "/assay-sandbox", cacheDirectory: Locations.products + "/sandbox-cache", workers: 2)
        let sandbox = try await Sandbox.start(c)
        print(sandbox.layers.mode, sandbox.layers.memoryMode)
        for l in sandbox.layers.layers { print(l.name, l.isActive, l.detail) }
        let p = try await sandbox.compile(language: .python, source: "import sys\nprint(sum(map(int, sys.stdin.read().split())))\n")
        print(p)
        if let program = p.program {
            print(try await sandbox.run(program, stdin: "1 2 3\n"))
        }
        let q = try await sandbox.compile(language: .cpp, source: "#include <bits/stdc++.h>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a+b<<std::endl;}\n")
        print(q)
        if let program = q.program {
            print(try await sandbox.run(program, stdin: "1 2\n"))
        }
        let q2 = try await sandbox.compile(language: .cpp, source: "#include <bits/stdc++.h>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a-b<<std::endl;}\n")
        print(q2)
        await sandbox.shutDown()
    }
}
