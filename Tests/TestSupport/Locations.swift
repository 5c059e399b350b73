// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// Where tests find fixtures and built programs.
public enum Locations {
    /// The repository's root, from this file's own path.
    public static let root: String = {
        let here = #filePath
        let parts = here.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return parts.joined(separator: "/")
    }()

    /// The folder of the programs that tests start: the test bundle's own if nobody names another.
    ///
    /// A run under a sanitizer names an ordinary build in `ASSAY_TEST_PROGRAMS`, as workers that live
    /// under memory limits and system call filters cannot hold a sanitizer's shadow memory.
    public static let products: String = {
        if let named = getenv("ASSAY_TEST_PROGRAMS") { return String(cString: named) }
        guard let image = csys_own_image_path() else { return root + "/.build/debug" }
        return String(cString: image).split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
    }()

    /// A folder that tests may fill and that later runs find again, such as precompiled headers.
    public static let cache = products + "/test-cache"

    /// A file below `fixtures/`.
    ///
    /// - Parameter path: relative to `fixtures/`.
    /// - Returns: the absolute path.
    public static func fixture(_ path: String) -> String { root + "/fixtures/" + path }
}
