// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The commonest function words of languages that share many roots.
///
/// In a sentence of three or four words the model sees too few n-grams to tell Spanish from
/// Portuguese or French from Italian; articles, pronouns and auxiliaries tell them. And where two
/// languages alternate word by word, each keeps its own.
enum FunctionWords {
    /// Longer texts, in stripped bytes, are left to the model alone.
    static let textSizeMax = 100
    /// Most that the words of a short text multiply the odds of their language by.
    static let factorMax: Float = 64

    /// Labels of the languages, in the order of the bits that ``table`` gives.
    static let labels = lists.map(\.label)

    /// Of each word the languages that it is a function word of, one bit each.
    static let table = WordTable(lists.map(\.words))

    private static let lists: [(label: String, words: String)] = [
        (
            "en",
            """
            the be to of and a in that have i it for not on with he as you do at this but his by
            from they we say her she or an will my one all would there their what so up out if
            about who get which go me when make can like no just him know take into your some
            could them see other than then now only its over also how our well even want because
            any these us is are was were been has had did does don t isn doesn didn won wasn am
            being very much many more most where why here too again still never always let s m re
            ve ll d must should may might both each every such own same those while after before
            between through since until under
            """
        ),
        (
            "fr",
            """
            le la les l un une des de du d et à a est il elle on je j tu nous vous ils elles ce c
            cet cette ces que qu qui quoi dont où ne n pas plus se s me m te t lui leur leurs y en
            au aux dans par pour sur avec sans sous son sa ses mon ma mes ton ta tes notre nos votre
            vos mais ou donc si ai as ont suis es sommes êtes sont était étaient été avoir avait
            avaient être fait faire dit très bien tout tous toute toutes comme quand car puis moins
            peu trop beaucoup après avant depuis chez entre vers pendant lorsque parce chaque aucun
            aucune autre autres même celui celle ceux celles cela ça ici là voici voilà faut peut
            peux veux doit va vais sera serait soit quel quelle quels quelles rien jamais encore
            aussi alors ainsi eux moi toi
            """
        ),
        (
            "de",
            """
            der die das den dem des ein eine einen einem einer eines und ist sind war waren bin bist
            seid ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihn ihnen nicht kein
            keine keinen zu zum zur in im ins an am auf aus bei beim mit nach von vom vor für über
            unter um durch wie was wer wo wann warum wenn dass ob als auch nur noch schon so sehr
            hat habe haben hast hatte hatten wird werden wurde wurden kann können muss müssen will
            soll mein meine dein sein seine seinen ihre ihren unser unsere dieser diese dieses
            diesen aber oder denn weil damit dann doch mal hier da dort nun also wieder immer nie
            etwas nichts jetzt alle alles man mehr zwischen gegen ohne seit bis würde könnte sei
            wäre daher jede jeder jedes welche welcher welches sondern
            """
        ),
        (
            "es",
            """
            el la los las lo un una unos unas de del y e a al en es son era eran fue fueron ser sido
            sea está están estoy no se me te os le les nos que qué quién quien cuándo cuando cómo
            como dónde donde cual por para con sin sobre entre hasta desde hacia contra según su sus
            mi mis tu tus yo tú él ella ellos ellas nosotros usted ustedes si sí ya muy más menos
            pero o u ni sino porque pues entonces así aunque mientras este esta esto estos estas ese
            esa eso esos esas aquel aquella ha he has han hay había tiene tienen tengo puede pueden
            puedo debe hacer hace va voy vamos eres somos antes después también tampoco ahora aquí
            allí algo nada nadie nunca siempre cada otro otra otros otras mismo misma todo toda
            todos todas
            """
        ),
        (
            "it",
            """
            il lo la l i gli le un uno una di d del dello della dei degli delle e ed è a ad al allo
            alla ai agli alle da dal dalla dai dalle in nel nello nella nei negli nelle su sul sulla
            sui sulle con per tra fra che chi cosa cui quale quali non né si mi ti ci c vi ne io tu
            lui lei noi voi loro sono sei siamo siete era erano essere stato stata ho hai ha abbiamo
            avete hanno aveva mio mia tuo tua suo sua suoi sue nostro nostra questo questa questi
            queste quello quella quelli quelle se sia ma o come quando dove perché quanto quanti più
            meno molto anche già poi così allora quindi dunque però ogni altro altra altri altre
            stesso stessa tutto tutta tutti tutte niente nulla qui lì dopo prima senza fare fa può
            posso deve va mai sempre ancora
            """
        ),
        (
            "pt",
            """
            o a os as um uma uns umas de do da dos das e é em no na nos nas ao aos à às por pelo
            pela pelos pelas para com sem sobre entre até desde que quem quando como onde porque
            qual não nem se me te lhe lhes eu tu você vocês ele ela eles elas nós dele dela seu sua
            seus suas meu minha nosso nossa isto isso aquilo este esta esse essa aquele aquela neste
            nesta num numa são foi foram era ser seja está estão estou tem têm tenho há mas ou já
            muito mais menos também então assim ainda agora aqui depois antes nunca sempre nada cada
            outro outra outros outras mesmo mesma todo toda todos todas pode deve fazer faz vai vou
            vamos
            """
        ),
        (
            "nl",
            """
            de het een en van ik je jij u hij zij ze wij we jullie is zijn was waren ben bent niet
            geen te in op aan met voor naar uit bij over door om als dat die dit deze wat wie waar
            wanneer hoe of maar want ook nog al zo heel er hier daar heeft hebben heb had hebt kan
            kunnen moet moeten wil zal mijn jouw haar ons onze hun uw zich hem mij me nu dan omdat
            terwijl tegen tussen onder zonder altijd nooit weer iets niets iemand alle alles veel
            meer worden wordt werd zou gaan gaat laten elke ander andere
            """
        ),
    ]
}
