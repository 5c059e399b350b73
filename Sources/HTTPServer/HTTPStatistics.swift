// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Counts since the start and levels of the moment, all read at one instant.
public struct HTTPStatistics: Sendable, Equatable {
    /// Open TCP connections.
    public internal(set) var openConnections = 0
    /// TCP connections accepted since the start.
    public internal(set) var acceptedConnections = 0
    /// Requests whose last body byte has been read and whose response is not fully sent.
    public internal(set) var inFlightRequests = 0
    /// Requests that count against `maxInFlightRequests`: those with a body or a later answer,
    /// until they are sent and the handler has replied or let go of its ``Exchange``.
    public internal(set) var chargedRequests = 0
    /// Body bytes received that count against `maxInFlightBodyBytes`.
    public internal(set) var inFlightBodyBytes = 0
    /// Requests that were handed to the handler since the start.
    public internal(set) var acceptedRequests = 0
    /// Requests that the handler's `admit` refused.
    public internal(set) var refusedByHandler = 0
    /// Requests that the server refused, by reason.
    public internal(set) var refused: [HTTPRefusal.Reason: Int] = [:]
    /// Clients that left after a complete request and before the end of its response.
    public internal(set) var vanished = 0
    /// Requests that never became whole: the client left, was too slow, or sent what cannot be
    /// parsed.
    ///
    /// The handler never saw them.
    public internal(set) var brokenOff = 0
    /// Connections shut because a header or a body came too slowly.
    public internal(set) var slowRequests = 0
    /// Connections shut because a response was not read.
    public internal(set) var stalledWrites = 0
    /// Connections shut because nothing came between two requests.
    public internal(set) var idleTimeouts = 0
}
