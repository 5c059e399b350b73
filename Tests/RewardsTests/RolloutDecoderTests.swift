// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Rewards
import Testing
import Wire

@Suite("Rollout decoder")
struct RolloutDecoderTests {
    @Test("every member of a rollout is read")
    func allMembers() throws {
        let rollout = try Probe.job(
            #"""
            {"id":"p17/3","group":"p17","prompt":"P","problem":"What?","completion":"c",
             "completion_tokens":412,"max_tokens":1000,"cache_tokens":10,"truncated":true,
             "seed":-120,"tags":{"step":120},"task":{"type":"none"},"think_prefilled":true}
            """#
        ).rollout

        #expect(rollout.id == "\"p17/3\"" && rollout.group == "p17" && rollout.problem == "What?")
        #expect(rollout.completion.content == "c" && rollout.completionTokens == 412)
        #expect(rollout.maxTokens == 1000 && rollout.cacheTokens == 10 && rollout.isTruncated)
        #expect(rollout.seed == -120 && rollout.tags == #"{"step":120}"#)
        #expect(rollout.isThinkPrefilled == true)
    }

    @Test(
        "the problem is the user's own words",
        arguments: [
            (#""What is 1+1?""#, "What is 1+1?"),
            (#"[{"role":"system","content":"S"},{"role":"user","content":"U"}]"#, "U"),
            (
                #"[{"role":"user","content":"A"},{"role":"assistant","content":"B"},{"role":"user","content":"C"}]"#,
                "C"
            ),
            (
                #"[{"role":"user","content":[{"type":"text","text":"X"},{"type":"text","text":"Y"}]}]"#,
                "X\nY"
            ),
            (
                #""Think in <think>…</think>.\nProblem:\n\nQuelle est la somme ?""#,
                "Quelle est la somme ?"
            ),
            (#""Problem: one\nand no template""#, "Problem: one\nand no template"),
        ])
    func problem(prompt: String, problem: String) throws {
        let job = try Probe.job(#"{"completion":"c","prompt":\#(prompt)}"#)

        #expect(job.rollout.problem?.string == problem)
    }

    @Test(
        "a malformed rollout names its place",
        arguments: [
            (#"{"completion":7}"#, "/completion"),
            (#"{"completion":{"content":7}}"#, "/completion/content"),
            (#"{"completion":{"text":"a"}}"#, "/completion"),
            (#"{"completion":"c","max_tokens":2048}"#, "/cache_tokens"),
            (#"{"completion":"c","max_tokens":9,"cache_tokens":10}"#, "/cache_tokens"),
            (#"{"completion":"c","problem_language":""}"#, "/problem_language"),
            (#"{"completion":"c","problem_language":"English"}"#, "/problem_language"),
            (#"{"completion":"c","task":{"type":"none","reference":3}}"#, "/task/reference"),
            (#"{}"#, ""),
            (#"{"completion":"c","task":{"type":"x"}}"#, "/task/type"),
            (#"{"completion":"c","task":"math"}"#, "/task"),
            (#"{"completion":"c","recipe":{"format":{"reward":"x"}}}"#, "/recipe/format/reward"),
            (#"{"completion":"c","prompt":[{"role":"user"}]}"#, "/prompt"),
            (#"{"completion":"c","prompt":[{"content":"x"}]}"#, "/prompt/0"),
            (#"{"completion":"c","tags":{"a":[]}}"#, "/tags/a"),
            (#"{"completion":"c","id":[]}"#, "/id"),
            (#"{"completion":"c","seed":1.5}"#, "/seed"),
            (#"{"completion":"c","completion_tokens":-1}"#, "/completion_tokens"),
        ])
    func malformed(text: String, pointer: String) {
        let error = #expect(throws: WireError.self) { try Probe.job(text) }

        #expect(error?.pointer.description == pointer)
    }

    @Test("members of a group share prompt, task and recipe")
    func groups() throws {
        let jobs = try Self.batch(
            #"""
            {"seed":5,"recipe":{"length":{"max_tokens":9000}},
             "groups":[{"group":"g","prompt":"P","task":{"type":"right"},
                        "completions":[{"id":1,"completion":"a"},{"id":2,"completion":"b","truncated":true}]},
                       {"group":"h","prompt":"Q","recipe":"magistral","completions":[{"completion":"c"}]}]}
            """#)

        #expect(jobs.map(\.index) == [0, 1, 2] && jobs.allSatisfy { $0.fault == nil })
        #expect(jobs.map { $0.rollout.group?.string } == ["g", "g", "h"])
        #expect(jobs.map(\.rollout.isTruncated) == [false, true, false])
        #expect(jobs.map(\.recipe.recipe.length.maxTokens) == [9000, 9000, 36864])
        #expect(jobs.allSatisfy { $0.rollout.seed == 5 })
    }

    @Test("a bad member or group fails alone, with its pointer")
    func badMembers() throws {
        let jobs = try Self.batch(
            #"""
            {"groups":[{"prompt":"P","completions":[{"id":1,"completion":"a"},{"id":2,"completion":3}]},
                       {"prompt":"Q","task":{"type":"x"},"completions":[{"id":3,"completion":"c"}]}]}
            """#)

        #expect(
            jobs.map { $0.fault?.pointer?.description } == [
                nil, "/groups/0/completions/1/completion", "/groups/1/task/type",
            ])
        #expect(jobs.map { $0.rollout.id?.string } == ["1", "2", "3"])
    }

    @Test(
        "a malformed batch is refused whole",
        arguments: [
            ("{}", ""), (#"{"items":[],"groups":[]}"#, ""), (#"{"items":{}}"#, "/items"),
            (#"{"items":[],"recipe":"x"}"#, "/recipe"),
            (#"{"items":[],"deadline_s":-1}"#, "/deadline_s"),
        ])
    func malformedBatch(text: String, pointer: String) {
        let error = #expect(throws: WireError.self) { try Self.batch(text) }

        #expect(error?.pointer.description == pointer)
    }

    private static func batch(_ text: String) throws -> [RolloutJob] {
        try Probe.decoder.decodeBatch(try JSONDocument(ByteString(text)).root).jobs
    }
}
