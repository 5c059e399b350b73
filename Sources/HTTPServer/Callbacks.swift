// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CMicrohttpd
import CSocket

// The functions libmicrohttpd calls, and the ownership of what they are given.
//
// | pointer        | retained in           | released in                | owner between          |
// |----------------|-----------------------|----------------------------|------------------------|
// | context        | HTTPServer.start      | HTTPServer.stop            | the daemon             |
// | socket_context | onConnection, STARTED | onConnection, CLOSED       | the TCP connection     |
// | con_cls        | onTarget              | onCompleted                | the request            |
//
// The library calls onCompleted for every request that onTarget saw, and CLOSED right before it
// closes the socket. All run on the polling thread that owns the connection.

/// The arguments of one call of the access handler.
struct AccessCall {
    let connection: OpaquePointer
    let methodText: UnsafePointer<CChar>?
    let versionText: UnsafePointer<CChar>?
    let upload: UnsafePointer<CChar>?

    var method: String { methodText.map { String(cString: $0) } ?? "" }
    var isHTTP11: Bool { versionText.map { String(cString: $0) } != "HTTP/1.0" }

    /// Copies the header fields.
    func fields() -> HTTPHeaderFields {
        var fields = HTTPHeaderFields()
        withUnsafeMutablePointer(to: &fields) { pointer in
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, collectField, pointer)
        }
        return fields
    }
}

/// Adds one header field to the `HTTPHeaderFields` that `AccessCall.fields` lends.
private func collectField(
    _ fields: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?,
    _ nameSize: Int, _ value: UnsafePointer<CChar>?, _ valueSize: Int
) -> MHD_Result {
    guard let fields else { return .NO }
    fields.assumingMemoryBound(to: HTTPHeaderFields.self).pointee.append(
        name: UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameSize),
        value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize))
    return .YES
}

/// A connection began or ends.
func onConnection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ event: MHD_ConnectionNotificationCode
) {
    guard let context, let connection, let slot else { return }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    if event == .CONNECTION_NOTIFY_STARTED {
        slot.pointee = Unmanaged.passRetained(core.open(cmhd_socket(connection))).toOpaque()
    } else if let ended = slot.pointee {
        slot.pointee = nil
        core.close(Unmanaged<Connection>.fromOpaque(ended).takeRetainedValue())
    }
}

/// A request line came; the context made here is `con_cls` of all further calls.
func onTarget(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?,
    _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let connection, let slot = cmhd_socket_context(connection) else {
        return nil
    }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let owner = Unmanaged<Connection>.fromOpaque(slot).takeUnretainedValue()
    owner.enter(.header)
    let request = RequestContext(core, owner, target: target.map { String(cString: $0) } ?? "")
    if let target { cmhd_drop_query(target) }
    return Unmanaged.passRetained(request).toOpaque()
}

/// The header came, a piece of the body, its end, or the connection was resumed.
func onAccess(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ url: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let connection, let uploadSize, let request = slot?.pointee else { return .NO }
    let call = AccessCall(
        connection: connection, methodText: method, versionText: version, upload: upload)
    return Unmanaged<RequestContext>.fromOpaque(request).takeUnretainedValue()
        .step(call, &uploadSize.pointee)
}

/// A request is over, whatever its end.
func onCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ termination: MHD_RequestTerminationCode
) {
    guard let slot, let request = slot.pointee else { return }
    slot.pointee = nil
    Unmanaged<RequestContext>.fromOpaque(request).takeRetainedValue().complete(termination)
}
