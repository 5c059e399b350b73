// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Grading
import Wire

/// C001 and C017: whether any program could be judged by the task.
struct CodeTaskCheck: Check {
    let name = "code-task"
    let runsPrograms = true
    let rules = [CodeRules.invalidTask, CodeRules.faultyChecker]

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard isSelected(context) else { return Inspection() }
        var inspection = Inspection()
        switch await CodeRow.read(row, context) {
        case .other: break
        case .faulty(let fault): inspection.findings = [finding(fault, row)]
        case .unavailable(let reason): inspection.failures = ["C001: \(reason)"]
        case .ready(let code):
            guard let fault = await code.fault() else { break }
            if fault.status == .invalidTask {
                inspection.findings = [finding(fault, row)]
            } else {
                inspection.note(fault, CodeRules.invalidTask)
            }
        }
        return inspection.selected(by: context)
    }

    private func finding(_ fault: Ungraded, _ row: DatasetRow) -> Finding {
        let isChecker = fault.code.hasPrefix("checker_")
        return Finding(
            isChecker ? CodeRules.faultyChecker : CodeRules.invalidTask,
            String(fault.message.prefix(300)), pointer: row.taskPointer,
            evidence: JSONObject([
                "code": .string(fault.code), "pointer": .optional(fault.pointer?.description),
            ]))
    }
}
