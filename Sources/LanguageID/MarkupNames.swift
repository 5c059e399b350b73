// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The names of markup that is removed from text; see ``NameTable`` for why they are listed.
enum MarkupNames {
    /// Commands of plain TeX, LaTeX2e, amsmath and amssymb that formulas use.
    ///
    /// Names of one letter need no entry.
    static let commands = NameTable(
        """
        aa above abs acute ae aleph alpha amalg and angle approx approxeq arccos arccot arcsin
        arctan arg ast asymp atop author backprime backslash bar bcancel because begin beta beth bf
        bibitem big bigcap bigcup bigg biggl biggm biggr bigl bigm bigoplus bigotimes bigr bigskip
        bigsqcup bigtriangledown bigtriangleup biguplus bigvee bigwedge binom blacklozenge
        blacksquare blacktriangle bmod bold boldsymbol bot bottomrule bowtie boxed bra breve bullet
        cancel cancelto cap caption cdot cdotp cdots ceil centering cfrac chapter check checkmark
        chi choose circ circlearrowleft circlearrowright cite clearpage cline clubsuit colon
        coloneqq color colorbox complement cong coprod copyright cos cosh cot coth csc cup
        curvearrowright dag dagger dashv dbinom ddagger ddot ddots declaremathoperator deg degree
        degrees delta det dfrac diamond diamondsuit dim displaystyle div documentclass dot doteq
        dots dotsb dotsc dotsi dotsm dotso downarrow ell em emph emptyset end eps epsilon eq
        eqqcolon eqref equiv eta euro exists exp fbox flat floor footnote footnotesize forall frac
        framebox frown gamma gcd ge geq geqslant gg gimel grave gt gtrless gtrsim hat hbar hbox
        heartsuit hfill hline hom hookleftarrow hookrightarrow hphantom hskip hspace hss huge id
        iddots iff iiint iint im imath impliedby implies in includegraphics indent inf infty injlim
        int intertext iota it item jmath kappa ker kern ket label lambda land langle large lbrace
        lbrack lceil lcm ldots le leadsto left leftarrow leftrightarrow leq leqslant lessgtr lesssim
        lfloor lfs lg lim liminf limits limsup linebreak ll llcorner ln lnot log longleftarrow
        longleftrightarrow longmapsto longrightarrow lor lozenge lrcorner lt ltimes lvert makebox
        maketitle maltese mapsto mathbb mathbf mathbin mathcal mathfrak mathit mathnormal mathop
        mathord mathrel mathring mathrm mathscr mathsf mathtt max mbox measuredangle medskip mid
        middle midrule min mkern mod models mp mspace mu multicolumn multirow nabla natural ncong ne
        nearrow neg neq newcommand newline newpage nexists ngeq ngtr ni nleq nless nmid noindent
        nolimits nonumber norm normalsize not notag notin nparallel nsim nsubseteq nu nwarrow odot
        oe oint omega ominus operatorname oplus or oslash otimes over overarc overbrace
        overleftarrow overline overparen overrightarrow overset pagebreak paragraph parallel partial
        per perp phantom phi pi pm pmod pounds pr prec preceq prime prod projlim propto psi qed
        qquad quad raisebox rangle rbrace rbrack rceil re ref renewcommand res rfloor rho right
        rightarrow rightharpoondown rightharpoonup rightleftharpoons rightsquigarrow rk rm root
        rtimes rule rvert sc scriptscriptstyle scriptsize scriptstyle searrow sec section setminus
        sf sgn sharp shortintertext sigma sim simeq sin sinh sl small smallsetminus smallskip smile
        sout spadesuit sphericalangle sqcap sqcup sqrt square ss stackrel star subsection subset
        subseteq subsetneq substack subsubsection succ succeq sum sup supset supseteq supsetneq
        swarrow tag tan tanh tau tbinom text textasciicircum textasciitilde textbackslash textbf
        textcolor textdollar textit textmd textnormal textpercnt textrm textsc textsf textsl
        textstyle texttt textup tfrac th therefore theta thickapprox tilde times tiny title to top
        toprule tr triangle triangleleft triangleright tt ulcorner underbar underbrace underline
        underset up uparrow updownarrow uplus upsilon urcorner usepackage varepsilon varkappa
        varnothing varphi varpi varrho varsigma vartheta vdash vdots vec vee verb vert vfill vol
        vphantom vskip vspace vss wedge widehat wideparen widetilde wp xcancel xi xleftarrow xor
        xrightarrow zeta
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
