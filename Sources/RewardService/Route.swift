// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Wire

/// One method at one path.
struct Route: Sendable {
    let method: String
    /// The path, whose last part may be a name in braces: it stands for any one part.
    let path: String
    let answer: Answer

    typealias Answer = @Sendable (RewardService, HTTPRequest) -> HTTPAnswer

    static func get(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: "GET", path: path, answer: answer)
    }

    /// A fixed response.
    static func get(_ path: String, _ response: HTTPResponse) -> Route {
        .get(path) { _, _ in .now(response) }
    }

    static func put(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: "PUT", path: path, answer: answer)
    }

    static func post(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: "POST", path: path, answer: answer)
    }
}

/// Finds the route of a request, or says why there is none.
struct RouteTable: Sendable {
    private let routes: [String: [Route]]

    init(_ routes: [Route]) {
        self.routes = Dictionary(grouping: routes, by: \.path)
    }

    /// All routes at a path: those that name it, else those whose last part stands for any.
    private func routes(at path: String) -> [Route]? {
        if let named = routes[path] { return named }
        guard let slash = path.lastIndex(of: "/"), path.index(after: slash) != path.endIndex else {
            return nil
        }
        let parent = path[...slash]
        return routes.first { $0.key.hasSuffix("}") && $0.key.hasPrefix(parent + "{") }?.value
    }

    /// The route; HEAD is answered like GET, whose body the server leaves out.
    func route(_ head: HTTPRequestHead) -> Route? {
        let method = head.method == "HEAD" ? "GET" : head.method
        return routes(at: head.path)?.first { $0.method == method }
    }

    /// Why there is no route: 404, or 405 with the methods that there are.
    func problem(_ head: HTTPRequestHead) -> Problem {
        guard let others = routes(at: head.path) else {
            let known = routes.keys.sorted().joined(separator: " ")
            return Problem(
                status: 404, code: "not_found", detail: "there is no such path; known are \(known)")
        }
        let methods = others.map(\.method).sorted().joined(separator: ", ")
        var problem = Problem(
            status: 405, code: "method_not_allowed", detail: "this path takes \(methods)")
        problem.headers = [(name: "Allow", value: methods)]
        return problem
    }
}

extension HTTPResponse {
    /// A JSON response, ended by a newline for people with curl.
    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        var writer = JSONWriter(reservingBytes: 1024)
        writer.write(value)
        writer.write(byte: UInt8(ascii: "\n"))
        return HTTPResponse(
            status: status, contentType: "application/json", bytes: writer.byteString)
    }
}
