package attribution

// class is a set of word classes. Their names are the keys of the section
// [classes] in a language's file.
type class uint64

const (
	classDet      class = 1 << iota // begins a noun phrase
	classPrep                       // preposition
	classOf                         // preposition that stays inside a noun phrase
	classPron                       // pronoun that can be a subject
	classPoss                       // possessive that begins a noun phrase
	classGenitive                   // clitic or word between owner and owned
	classObject                     // pronoun that cannot be a subject
	classAux                        // auxiliary: finite for sure
	classBe                         // forms of be, for passives
	classModal                      // modal verb
	classNeg                        // negation
	classAnd                        // coordinating conjunction
	classBut                        // coordinating conjunction that opposes
	classSub                        // subordinating conjunction
	classThat                       // begins a content clause
	classRel                        // relative pronoun
	classWh                         // begins an indirect question
	classTo                         // begins an infinitive
	classAdv                        // adverb
	classHonor                      // Mr, Dr, Gen.
	classRole                       // minister, spokeswoman, professor
	classBody                       // ministry, party, police: a body speaks
	classMedia                      // statement, interview, tweet
	classAddr                       // reporters, court, parliament
	classVerb                       // a verb that is no cue, finite or participle
	classClitic                     // cut off at its apostrophe
	classNation                     // Russian, French: an adjective of a place
	classParticle                   // von, bin, al: inside names
	classAbbr                       // written with a point that ends no sentence
	classFemale                     // given names, titles and pronouns of women
	classMale
	classPlural // pronouns and determiners of many
	classNeuter // pronouns of bodies and things
	classFirst  // I, we: the writer or the quoted
	classLast   // last, past: with a unit of time
	classThis
	classNext
	classUnit  // day, week, month, year
	classLack  // without, no: before a proof
	classProof // evidence, proof
	classGive  // verbs that present a proof
	classAs    // "as X said" sets the content beside itself
	classNotName
	classPlace     // rooms and towns of speech: court, rally; a place is what follows "at" and "in"
	classAt        // prepositions of place
	classBy        // the agent of a passive
	classThing     // polls, reports, papers: they show and say
	classStarter   // words that open a sentence and belong to no name
	classNumber    // written numbers
	classWeak      // nouns of many people: officials, critics
	classDateprep  // prepositions of days
	classAddrPrep  // "to" of "said to reporters"
	classVocal     // may stand between a quotation and its cue
	classPercent   // percent: people counted, not named
	classAmbiguous // a present or base form that is a noun as often
	classSelf      // himself: belongs to its noun
	classContrast  // while, compared: what the writer sets against what was said
)

var classNames = map[string]class{
	"det": classDet, "prep": classPrep, "of": classOf, "pron": classPron, "poss": classPoss, "genitive": classGenitive,
	"object": classObject, "aux": classAux, "be": classBe, "modal": classModal, "neg": classNeg, "and": classAnd, "but": classBut,
	"sub": classSub, "that": classThat, "rel": classRel, "wh": classWh, "to": classTo, "adv": classAdv, "honor": classHonor,
	"role": classRole, "body": classBody, "media": classMedia, "addr": classAddr, "verb": classVerb, "clitic": classClitic,
	"nation": classNation, "particle": classParticle, "abbr": classAbbr, "female": classFemale, "male": classMale,
	"plural": classPlural, "neuter": classNeuter, "first": classFirst, "last": classLast, "this": classThis, "next": classNext,
	"unit": classUnit, "lack": classLack, "proof": classProof, "give": classGive, "as": classAs, "notname": classNotName,
	"place": classPlace, "at": classAt, "by": classBy, "thing": classThing, "starter": classStarter, "number": classNumber,
	"weak": classWeak, "dateprep": classDateprep, "addrprep": classAddrPrep, "vocal": classVocal, "self": classSelf, "percent": classPercent, "ambiguous": classAmbiguous,
	"contrast": classContrast,
}

// frame is what may stand beside a cue; the letters are those of the cue
// sections in a language's file.
type frame uint32

const (
	frameQuote     frame = 1 << iota // q: a quotation, or words before it
	frameThat                        // t: a clause with "that"
	frameBare                        // b: a clause without
	frameWh                          // w: an indirect question
	frameTo                          // i: an infinitive
	frameNoun                        // n: a noun phrase
	frameAddressee                   // a: may have an addressee between itself and its content
	frameObjectTo                    // o: an object with an infinitive
	framePassive                     // p: speaks in the passive without a source ("is expected")
	frameGerund                      // g: a gerund
	frameSay                         // s: says words aloud; stands before, in or after them
	frameAccuse                      // x: its object is whom it is about
	frameThing                       // d: surer when a poll, a report or a paper is its source
	frameNames                       // k: gives its object a name ("called it a joke")
	frameQuestion                    // ?: asks ("asked whether …")
	framePost                        // z: may follow its content without a quotation
)

var frameLetters = map[byte]frame{
	'q': frameQuote, 't': frameThat, 'b': frameBare, 'w': frameWh, 'i': frameTo, 'n': frameNoun, 'a': frameAddressee,
	'o': frameObjectTo, 'p': framePassive, 'g': frameGerund, 's': frameSay, 'x': frameAccuse, 'z': framePost, 'd': frameThing, 'k': frameNames, '?': frameQuestion,
}

// shape is the form of a verb.
type shape uint8

const (
	shapeBase shape = 1 << iota
	shapePres
	shapePast
	shapePart
	shapeGer
)

var shapeNames = map[string]shape{"base": shapeBase, "pres": shapePres, "past": shapePast, "part": shapePart, "ger": shapeGer}

// cue is one entry of the cue lexicon.
type cue struct {
	lemma    string
	frames   frame
	strength int      // 1 to 9: how surely it carries a statement
	tail     []string // the words that must follow: "out" of "point out"
}

// reading is a cue that a word form may belong to.
type reading struct {
	cue   *cue
	shape shape
}

// word is an entry of the lexicon.
type word struct {
	class    class
	readings []reading
	day      int // weekday 1–7, Monday first
	month    int
	offset   int // days from the dateline; meaningful with hasOffset
	relative bool
	unit     byte      // d, w, m, y
	nouns    []reading // noun cues
	preps    []reading // "according to"
}
