-- Assay: reward verification for reinforcement learning.
-- SPDX-License-Identifier: Apache-2.0
--
-- wrk script: posts the bodies of a file (one a line) in turn. Arguments: file, then the number of
-- requests after which to stop (0: run for the whole time). Prints one JSON line at the end.

local requests, position, left = {}, 0, 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        local headers = {["Content-Type"] = "application/json"}
        requests[#requests + 1] = wrk.format("POST", "/v1/reward", headers, line)
    end
    left = tonumber(arguments[2])
end

function request()
    position = position % #requests + 1
    if left > 0 then
        left = left - 1
        if left == 0 then wrk.thread:stop() end
    end
    return requests[position]
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"failures":%d,"p50_ms":%.3f,"p99_ms":%.3f}',
        summary.requests, summary.duration / 1e6,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
