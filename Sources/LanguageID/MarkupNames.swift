// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The names of markup that is removed from text; see ``NameTable`` for why they are listed.
enum MarkupNames {
    /// Commands of plain TeX, LaTeX2e, amsmath and amssymb that formulas use.
    ///
    /// Names of fewer than four letters need no entry.
    static let commands = NameTable(
        """
        above acute aleph alpha amalg angle approx approxeq arccos arccot arcsin arctan asymp atop
        author backprime backslash bcancel because begin beta beth bibitem bigcap bigcup bigg biggl
        biggm biggr bigl bigm bigoplus bigotimes bigr bigskip bigsqcup bigtriangledown bigtriangleup
        biguplus bigvee bigwedge binom blacklozenge blacksquare blacktriangle bmod boldsymbol
        bottomrule bowtie boxed breve bullet cancel cancelto caption cdot cdotp cdots centering
        cfrac chapter check checkmark choose circ circlearrowleft circlearrowright cite clearpage
        cline clubsuit colon coloneqq color colorbox complement cong coprod copyright cosh coth
        curvearrowright dagger dashv dbinom ddagger ddot ddots declaremathoperator degree degrees
        delta dfrac diamond diamondsuit displaystyle documentclass doteq dots dotsb dotsc dotsi
        dotsm dotso downarrow emph emptyset epsilon eqqcolon eqref equiv euro exists fbox flat
        footnote footnotesize forall frac framebox frown gamma geqslant gimel grave gtrless gtrsim
        hbar hbox heartsuit hfill hline hookleftarrow hookrightarrow hphantom hskip hspace huge
        iddots iiint iint imath impliedby implies includegraphics indent infty injlim intertext iota
        item jmath kappa kern label lambda land langle large lbrace lbrack lceil ldots leadsto left
        leftarrow leftrightarrow leqslant lessgtr lesssim lfloor liminf limits limsup linebreak
        llcorner lnot longleftarrow longleftrightarrow longmapsto longrightarrow lozenge lrcorner
        ltimes lvert makebox maketitle maltese mapsto mathbb mathbf mathbin mathcal mathfrak mathit
        mathnormal mathop mathord mathrel mathring mathrm mathscr mathsf mathtt mbox measuredangle
        medskip middle midrule mkern models mspace multicolumn multirow nabla natural ncong nearrow
        newcommand newline newpage nexists ngeq ngtr nleq nless nmid noindent nolimits nonumber
        normalsize notag notin nparallel nsim nsubseteq nwarrow odot oint omega ominus operatorname
        oplus oslash otimes over overarc overbrace overleftarrow overline overparen overrightarrow
        overset pagebreak paragraph parallel partial perp phantom pmod pounds prec preceq prime prod
        projlim propto qquad quad raisebox rangle rbrace rbrack rceil renewcommand rfloor right
        rightarrow rightharpoondown rightharpoonup rightleftharpoons rightsquigarrow root rtimes
        rvert scriptscriptstyle scriptsize scriptstyle searrow section setminus sharp shortintertext
        sigma simeq sinh small smallsetminus smallskip smile sout spadesuit sphericalangle sqcap
        sqcup sqrt square stackrel star subsection subset subseteq subsetneq substack subsubsection
        succ succeq supset supseteq supsetneq swarrow tanh tbinom text textasciicircum
        textasciitilde textbackslash textbf textcolor textdollar textit textmd textnormal textpercnt
        textrm textsc textsf textsl textstyle texttt textup tfrac therefore theta thickapprox tilde
        times tiny title toprule triangle triangleleft triangleright ulcorner underbar underbrace
        underline underset uparrow updownarrow uplus upsilon urcorner usepackage varepsilon varkappa
        varnothing varphi varpi varrho varsigma vartheta vdash vdots vert vfill vphantom vskip
        vspace wedge widehat wideparen widetilde xcancel xleftarrow xrightarrow zeta
        """)

    /// Commands whose braces hold prose, even inside a formula.
    static let proseCommands = NameTable(
        """
        text textbf textit textrm textsf texttt textsc textsl textup textmd textnormal emph mbox
        hbox fbox intertext shortintertext footnote caption
        """)

    /// Environments whose body is a formula.
    static let formulaEnvironments = NameTable(
        """
        equation equation* align align* aligned alignat alignat* alignedat eqnarray eqnarray*
        gather gather* gathered multline multline* split flalign flalign* math displaymath matrix
        pmatrix bmatrix bmatrix* vmatrix smallmatrix cases dcases rcases array subarray dmath
        """)

    /// Environments whose body is text.
    static let textEnvironments = NameTable(
        """
        document center flushleft flushright itemize enumerate description tabular tabular* table
        table* figure figure* quote quotation verse abstract minipage proof theorem lemma corollary
        proposition definition example remark solution verbatim lstlisting minted algorithm
        algorithmic tikzpicture
        """)

    /// HTML elements, and the tags that completions are built with.
    static let tags = NameTable(
        """
        a abbr article aside audio b big blockquote body br button caption center code col colgroup
        dd del details div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5
        h6 head header hr html i iframe img input ins kbd label legend li link main mark math meta
        nav object ol option p picture pre q s samp script section select small source span strike
        strong style sub summary sup svg table tbody td template textarea tfoot th thead time title
        tr track u ul var video wbr think answer
        """)

    /// Character references of HTML.
    static let entities = NameTable(
        """
        amp lt gt quot apos nbsp ensp emsp thinsp ndash mdash lsquo rsquo ldquo rdquo laquo raquo
        hellip bull middot times divide minus plusmn deg frac12 frac14 frac34 sup2 sup3 le ge ne
        equiv asymp infin radic sum prod int pi copy reg trade euro pound yen cent sect para larr
        uarr rarr darr harr rArr hArr forall exist empty isin notin sub sup cap cup and or
        """)
}
