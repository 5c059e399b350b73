// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Testing
import Wire

@Suite("Recipes")
struct RecipeTests {
    @Test("the default is the paper's")
    func magistralDefaults() {
        let recipe = PreparedRecipe.magistral.recipe

        #expect(recipe.format.reward == 0.1 && recipe.correctness.reward == 0.9)
        #expect(recipe.length.penalty == 0.1 && recipe.length.maxTokens == 36864)
        #expect(recipe.length.cacheTokens == 4096 && recipe.language.reward == 0.1)
    }

    @Test("changes keep what they do not name")
    func changes() throws {
        let resolved = try Self.resolve(#"{"base":"magistral","length":{"max_tokens":32768}}"#)

        #expect(resolved.recipe.length.maxTokens == 32768)
        #expect(resolved.recipe.length.cacheTokens == 4096)
        #expect(resolved.recipe.format.reward == 0.1)
        #expect(resolved.hash != PreparedRecipe.magistral.hash)
    }

    @Test("a name, null and no recipe at all give the default")
    func defaultRecipe() throws {
        for text in [#""magistral""#, "null", #"{"base":"magistral"}"#] {
            #expect(try Self.resolve(text).hash == PreparedRecipe.magistral.hash)
        }
        #expect(try RecipeBook().resolve(nil).hash == PreparedRecipe.magistral.hash)
    }

    @Test("the hash is the same on every node")
    func goldenHash() {
        #expect(
            PreparedRecipe.magistral.hash
                == "15376cd83642807d5c425d15cd7809725f3363981912ffeda8f6ac0a29c49958")
    }

    @Test("the recipe with windows is shipped and differs by its mode alone")
    func magistralWindows() throws {
        let recipe = try Self.resolve(#""magistral-windows""#)
        let limit = try Self.resolve(
            #"{"base":"magistral-windows","language":{"min_share":0.5,"foreign_letters_max":200}}"#)
        let whole = try Self.resolve(
            #"{"base":"magistral-windows","name":"magistral","language":{"mode":"whole"}}"#)

        #expect(recipe.recipe.language.mode == .windows && recipe.recipe.language.reward == 0.1)
        #expect(limit.recipe.language.minShare == 0.5 && limit.hash != recipe.hash)
        #expect(whole.hash == PreparedRecipe.magistral.hash)
        #expect(
            recipe.hash == "6c7272e7dc2e8a4ce50a8a12ae17826bfe8d6489f76d3970cfa2ddfb533bf312")
    }

    @Test("an own recipe takes the place of the shipped one of its name")
    func ownRecipe() throws {
        var own = Recipe()
        own.length.maxTokens = 9000
        own.name = "magistral"
        let book = RecipeBook([try PreparedRecipe(own)])

        #expect(try book.resolve(nil).recipe.length.maxTokens == 9000)
        #expect(book.recipes.map(\.recipe.name) == ["magistral", "magistral-windows"])
    }

    @Test("what is written reads back to the same recipe")
    func roundTrip() throws {
        for prepared in [PreparedRecipe.magistral, .magistralWindows] {
            var writer = JSONWriter()
            writer.write(prepared.recipe.json)

            let copy = try RecipeBook().resolve(try JSONDocument(writer.byteString).root)

            #expect(copy.hash == prepared.hash)
        }
    }

    @Test(
        "hostile recipes are refused with their place",
        arguments: [
            (#"{"format":{"reward":1e308}}"#, "/format/reward"),
            (#"{"format":{"reward":1e400}}"#, "/format/reward"),
            (#"{"format":{"think_open":""}}"#, "/format/think_open"),
            (#"{"format":{"think_close":"<think>"}}"#, "/format/think_close"),
            (#"{"format":{"think_open":"think>"}}"#, "/format/think_close"),
            (#"{"format":{"strip_suffixes":[""]}}"#, "/format/strip_suffixes/0"),
            (#"{"format":{"strip_suffixes":"</s>"}}"#, "/format/strip_suffixes"),
            (#"{"length":{"max_tokens":10,"cache_tokens":11}}"#, "/length/cache_tokens"),
            (#"{"length":{"max_tokens":-1}}"#, "/length/max_tokens"),
            (#"{"length":{"penalty":-0.1}}"#, "/length/penalty"),
            (#"{"language":{"min_share":0.9}}"#, "/language/min_share"),
            (#"{"language":{"mode":"windows","min_share":1.1}}"#, "/language/min_share"),
            (#"{"language":{"foreign_letters_max":9}}"#, "/language/foreign_letters_max"),
            (#"{"lenght":{}}"#, "/lenght"),
            (#"{"base":"grpo"}"#, "/base"),
            (#""grpo""#, ""),
            (#"{"truncated":"maybe"}"#, "/truncated"),
            ("7", ""),
        ])
    func hostile(text: String, pointer: String) {
        let error = #expect(throws: WireError.self) { try Self.resolve(text) }

        #expect(error?.pointer.description == pointer)
    }

    private static func resolve(_ text: String) throws -> PreparedRecipe {
        try RecipeBook().resolve(try JSONDocument(ByteString(text)).root)
    }
}
