// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Asks a running server whether it is ready, as a container's health check does.
enum Probe {
    /// Whether `GET /readyz` on loopback answers 200 within two seconds.
    static func isReady(port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard connect(descriptor, to: port) else { return false }
        let request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        guard
            request.withCString({ send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) })
                == request.utf8.count
        else { return false }
        var status = [UInt8](repeating: 0, count: 12)  // "HTTP/1.1 200"
        let count = recv(descriptor, &status, status.count, Int32(MSG_WAITALL))
        return count == status.count && status.suffix(3).elementsEqual("200".utf8)
    }

    private static func connect(_ descriptor: Int32, to port: Int) -> Bool {
        guard let port = in_port_t(exactly: port) else { return false }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
