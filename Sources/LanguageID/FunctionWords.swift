// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The commonest function words of languages that share many roots.
///
/// In a sentence of three or four words the model sees too few n-grams to tell Spanish from
/// Portuguese or French from Italian; articles, pronouns and auxiliaries tell them.
enum FunctionWords {
    /// Longer texts, in stripped bytes, are left to the model.
    static let textSizeMax = 100
    /// Each listed word doubles the odds of its language, up to this factor.
    static let factorMax: Float = 16

    /// The languages with their words.
    static let languages: [(label: String, words: NameTable)] = [
        (
            "en",
            NameTable(
                """
                the be to of and a in that have i it for not on with he as you do at this but his by
                from they we say her she or an will my one all would there their what so up out if
                about who get which go me when make can like no just him know take into your some
                could them see other than then now only its over also how our well even want because
                any these us is are was were been has had did does don t isn doesn didn won wasn
                """)
        ),
        (
            "fr",
            NameTable(
                """
                le la les un une des de du et à a est il elle on je tu nous vous ils elles ce cet
                cette ces que qui quoi dont où ne pas plus se me te lui leur y en au aux dans par
                pour sur avec sans sous son sa ses mon ma mes ton ta tes notre nos votre vos mais ou
                donc si ai as ont suis es sommes êtes sont était été avoir être fait faire dit très
                bien tout tous toute comme quand c d l j n s m t qu
                """)
        ),
        (
            "de",
            NameTable(
                """
                der die das ein eine einen einem einer eines und ist sind war waren bin bist seid
                ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihnen nicht kein keine
                zu in im an am auf aus bei mit nach von vom vor für über unter um durch wie was wer
                wo wann warum wenn dass ob als auch nur noch schon so sehr hat habe haben hast hatte
                hatten wird werden wurde kann können muss müssen will soll mein meine dein sein
                seine ihre unser dieser diese dieses aber oder denn
                """)
        ),
        (
            "es",
            NameTable(
                """
                el la los las un una unos unas de del y a al en es son era fue ser está están estoy
                no se me te le lo les nos que qué quién cuándo cómo dónde por para con sin sobre su
                sus mi mis tu tus yo tú él ella ellos ellas nosotros usted ustedes si sí ya muy más
                pero o como cuando porque este esta esto ese esa eso ha he has han hay había tiene
                tengo antes después
                """)
        ),
        (
            "it",
            NameTable(
                """
                il lo la i gli le un uno una di del della dei delle dello e è a al alla ai alle da
                dal dalla in nel nella su sul sulla con per tra fra che chi cosa non si mi ti ci vi
                ne io tu lui lei noi voi loro sono sei siamo siete era erano ho hai ha abbiamo avete
                hanno mio mia tuo tua suo sua suoi sue nostro questo questa quello quella se ma o
                come quando dove perché più molto anche già l d c
                """)
        ),
        (
            "pt",
            NameTable(
                """
                o a os as um uma uns umas de do da dos das e é em no na nos nas ao aos à por pelo
                pela para com sem sobre que quem quando como onde porque não se me te lhe eu tu você
                vocês ele ela eles elas nós seu sua seus suas meu minha isto isso este esta esse
                essa são foi era está estão ser tem têm há mas ou já muito mais também
                """)
        ),
        (
            "nl",
            NameTable(
                """
                de het een en van ik je jij u hij zij ze wij we jullie is zijn was waren ben bent
                niet geen te in op aan met voor naar uit bij over door om als dat die dit deze wat
                wie waar wanneer hoe of maar want ook nog al zo heel er hier daar heeft hebben heb
                had hebt kan kunnen moet moeten wil zal mijn jouw haar ons hun zich hem mij me
                """)
        ),
    ]
}
