// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Graders
import HTTPServer
import Hashing
import Wire

/// `PUT` and `GET /v1/tests/{sha256}`.
///
/// Nothing hands a set out again: it holds expected outputs.
extension RewardService {
    static let testSetRoutes: [Route] = [
        .put("/v1/tests/{sha256}") { service, request in service.putTests(request) },
        .get("/v1/tests/{sha256}") { service, request in service.describeTests(request) },
    ]

    private func putTests(_ request: HTTPRequest) -> HTTPAnswer {
        withTestSets(request) { store, digest in
            do throws(TestSetError) {
                let (summary, isNew) = try await store.put(request.body, as: digest)
                return .json(summary.json(digest), status: isNew ? 201 : 200)
            } catch {
                return error.problem(digest).response
            }
        }
    }

    private func describeTests(_ request: HTTPRequest) -> HTTPAnswer {
        withTestSets(request) { store, digest in
            do throws(TestSetError) {
                return .json(try await store.summary(digest).json(digest))
            } catch {
                return error.problem(digest).response
            }
        }
    }

    /// Runs `body` on the pool with the store and the digest in the path, if there are both.
    private func withTestSets(
        _ request: HTTPRequest,
        _ body: @escaping @Sendable (TestSetStore, SHA256Digest) async -> HTTPResponse
    ) -> HTTPAnswer {
        let name = request.head.path.split(separator: "/").last.map(String.init) ?? ""
        guard let digest = SHA256Digest(hex: name) else {
            return .now(
                Problem(
                    status: 422, code: "invalid_digest",
                    detail: "a test set is named by 64 hexadecimal digits"
                ).response)
        }
        guard let testSets else {
            return .now(
                Problem(
                    status: 503, code: "tests_unavailable",
                    detail: "this process has no folder for test sets; see --tests-directory"
                ).response)
        }
        return work { _ in await body(testSets, digest) }
    }
}

extension TestSetStore.Summary {
    fileprivate func json(_ digest: SHA256Digest) -> JSONValue {
        .members([
            "tests_ref": .string(digest.hex), "tests": .integer(testCount),
            "bytes": .integer(byteCount),
        ])
    }
}

extension TestSetError {
    /// The error as a response; `digest` is the one that was asked for.
    fileprivate func problem(_ digest: SHA256Digest) -> Problem {
        switch self {
        case .syntax(let error): Problem(error)
        case .malformed(let error): Problem(error)
        case .otherDigest(let found):
            Problem(
                status: 422, code: "digest_mismatch",
                detail: "the body's SHA-256 is \(found), not that of the path")
        case .notFound:
            Problem(
                status: 404, code: "tests_not_found", detail: "there is no test set \(digest) here")
        case .tooLarge:
            Problem(
                status: 413, code: "body_too_large",
                detail: "the set is larger than all sets may be together; see --tests-bytes")
        case .file(let error):
            Problem(
                status: 503, code: "tests_not_stored", detail: "the set could not be kept: \(error)"
            )
        }
    }
}
