package local

import "strings"

// doc is what an answer written in Markdown says, sorted by how it can be used.
type doc struct {
	leads  []string          // sentences that tell something, in order
	status []string          // sentences that only say that checks pass
	heads  []string          // headings that name something
	facts  []string          // list items and table rows, with what they belong to
	offers []string          // what the agent offers to do or asks at the end
	open   []string          // what it says is left to do
	fence  string            // the first line of the first code block
	headed bool              // a heading that names something came before any sentence
	under  string            // the first thing said after that heading
	after  map[string]string // of sentences that end with a colon: the first thing they introduce
}

// maxDoc is how much of an answer is read.
const maxDoc = 24 << 10

// digest reads an answer.
func digest(text string) doc {
	if len(text) > maxDoc {
		text = text[:maxDoc]
	}
	r := reader{doc: doc{after: make(map[string]string)}}
	for _, row := range lines(printable(text)) {
		r.row(row)
	}
	r.endParagraph()
	r.settle()
	return r.doc
}

// settle makes a fact of a topic that nothing followed.
func (r *reader) settle() {
	if r.pending != "" && len(strings.Fields(r.pending)) > 2 {
		r.facts = append(r.facts, r.pending)
	}
	r.pending = ""
}

// reader is the state of digest.
type reader struct {
	doc
	para     []string
	fenced   bool
	topic    string // what the items that follow belong to, if it names something
	pending  string // a topic that is a fact of its own unless items follow
	intro    string // the sentence before, if it announces what follows
	opener   string // the lead before, if it introduces what follows
	code     []string
	offering bool // what follows an offer is part of it
	table    bool // the header of the table has passed
	indent   int  // of the row
	outer    []outer
}

// introduced notes what comes first after a sentence that introduces it.
func (r *reader) introduced(s string) {
	if r.opener != "" {
		r.after[r.opener], r.opener = s, ""
	}
	r.told(s)
}

// told notes what comes first under a heading.
func (r *reader) told(s string) {
	if r.headed && r.under == "" && !leans(s) {
		r.under = s
	}
}

// row sorts one line. A code block is passed over but for its first lines: what it
// shows is in the files, and it would be most of what is remembered.
func (r *reader) row(row string) {
	text := strings.TrimSpace(row)
	r.indent = indent(row)
	if strings.HasPrefix(text, "```") || strings.HasPrefix(text, "~~~") {
		r.endParagraph()
		if r.fenced = !r.fenced; !r.fenced {
			r.snippet()
		}
		r.code = nil
		return
	}
	switch {
	case r.fenced:
		r.fence = first(r.fence, text)
		if text != "" && text[0] != '#' && !strings.HasPrefix(text, "//") {
			r.code = append(r.code, text)
		}
	case text == "" || strings.Trim(text, "-=*_ ") == "":
		r.endParagraph()
	case strings.HasPrefix(text, "|"):
		r.endParagraph()
		r.tableRow(text)
		return
	case strings.HasPrefix(text, "#") && strings.HasPrefix(strings.TrimLeft(text, "#"), " "):
		r.endParagraph()
		r.heading(strings.TrimLeft(text, "# "))
	case isBoldLine(text):
		r.endParagraph()
		r.heading(text)
	default:
		r.prose(strings.TrimPrefix(text, "> "))
	}
	r.table = false
}

// prose takes a list item or a line of a paragraph. Answers are written a line to a
// paragraph; only a long line that ends in the middle of a sentence was wrapped.
func (r *reader) prose(text string) {
	if item, ok := listItem(text); ok {
		r.endParagraph()
		r.item(plain(item))
		return
	}
	if n := len(r.para); n > 0 {
		if last := r.para[n-1]; len(last) < 50 || strings.ContainsRune(".:!?)", rune(last[len(last)-1])) {
			r.endParagraph()
		}
	}
	if name := unnumbered(plain(text)); strings.HasPrefix(text, "**") && len(text) < 160 && strings.Contains(text, "** ") &&
		!strings.Contains(name, ". ") && !strings.HasSuffix(name, ".") {
		// A name in bold with a remark: what follows belongs to it.
		r.endParagraph()
		r.settle()
		r.topic = strings.TrimRight(name, ": ")
		r.pending = r.topic
		return
	}
	r.settle()
	r.para = append(r.para, text)
}

// snippet keeps a code block of a line or two that was announced: a command to run,
// a setting to make. Longer ones are in the files.
func (r *reader) snippet() {
	switch {
	case r.opener == "" || len(r.code) == 0:
	case len(r.code) <= 2:
		r.after[r.opener] = quoted(strings.Join(r.code, "; "), 100)
	default:
		r.after[r.opener] = quoted(clip(r.code[0], 90)+" …", 100)
	}
	r.opener = ""
	head := first(r.pending, r.intro)
	if head == "" || isAnnouncement(head) || len(r.code) == 0 || len(r.code) > 2 {
		return
	}
	r.facts = append(r.facts, strings.TrimRight(head, ": ")+": "+quoted(strings.Join(r.code, "; "), 160))
	r.pending, r.intro = "", ""
}

// isBoldLine knows headings written as a bold line.
func isBoldLine(text string) bool {
	text = strings.TrimSuffix(text, ":")
	return strings.HasPrefix(text, "**") && (strings.HasSuffix(text, "**") || strings.HasSuffix(text, ":**")) &&
		strings.Count(text, "**") == 2 && len(text) < 120
}

// listItem strips the mark of a bullet or a number.
func listItem(text string) (string, bool) {
	for _, mark := range []string{"- [x] ", "- [ ] ", "- ", "* ", "• ", "+ "} {
		if item, ok := strings.CutPrefix(text, mark); ok {
			return item, true
		}
	}
	digits := strings.TrimLeft(text, "0123456789")
	if n := len(text) - len(digits); n > 0 && n < 4 && (strings.HasPrefix(digits, ". ") || strings.HasPrefix(digits, ") ")) {
		return digits[2:], true
	}
	return "", false
}

// heading opens a new topic. A heading that every answer has opens none, and what
// follows stands for itself.
func (r *reader) heading(text string) {
	r.settle()
	r.outer = nil
	title := unnumbered(strings.TrimRight(plain(text), ": "))
	r.offering = hasWord(strings.ToLower(title), "next step", "next steps", "remaining", "todo", "follow-up", "follow-ups",
		"open questions")
	r.topic = ""
	if r.offering || isGeneric(title) {
		return
	}
	r.headed = r.headed || len(r.heads)+len(r.leads) == 0
	r.heads = append(r.heads, title)
	if names(identifiers(title)) != nil || len(strings.Fields(title)) <= 5 {
		r.topic = title
	}
}

// item takes a list item for a fact, together with the topic it belongs to: “Removed
// the field” says nothing without the file above it.
func (r *reader) item(text string) {
	r.pending = ""
	if text == "" {
		return
	}
	if r.offering {
		r.offers = append(r.offers, text)
		return
	}
	if isLeft(text) {
		r.open = append(r.open, text)
	}
	if isStatus(text) {
		r.status = append(r.status, text)
		return
	}
	r.introduced(text)
	r.fact(text, r.nested())
}

// fact keeps an item, with what it stands under.
func (r *reader) fact(text, parent string) {
	open := outer{indent: r.indent, text: text, fact: -1}
	switch {
	case parent != "":
		text = labelled(parent, text)
	case r.topic != "" && !strings.Contains(text, r.topic):
		text = r.topic + ": " + text
	}
	if len(r.facts) < 60 {
		open.fact = len(r.facts)
		r.facts = append(r.facts, text)
	}
	r.outer = append(r.outer, open)
}

// tableRow makes a fact of a row; the head of the table says nothing on its own.
func (r *reader) tableRow(text string) {
	if strings.Trim(text, "|-: ") == "" {
		return
	}
	if !r.table {
		r.table = true // the header
		return
	}
	var cells []string
	for cell := range strings.SplitSeq(strings.Trim(text, "|"), "|") {
		if cell = plain(cell); cell != "" && cell != "-" && cell != "—" {
			cells = append(cells, cell)
		}
	}
	if len(cells) > 1 {
		r.introduced(strings.Join(cells, " — "))
		r.facts = append(r.facts, strings.Join(cells, " — "))
	}
}

// endParagraph sorts the sentences of the paragraph that ends here.
func (r *reader) endParagraph() {
	if len(r.para) == 0 {
		return
	}
	text := plain(strings.Join(r.para, " "))
	if _, rest, ok := strings.Cut(text, ". "); ok && strings.Trim(text[:len(text)-len(rest)], "0123456789. ") == "" {
		text = rest // a heading that is numbered, written as a sentence
	}
	r.para = nil
	for text != "" {
		var s string
		s, text = cutSentence(text)
		r.sentence(s)
	}
}

// sentence sorts one sentence of a paragraph.
func (r *reader) sentence(s string) {
	s = withoutOpener(s)
	r.intro = ""
	if strings.HasSuffix(s, ":") {
		r.intro = s
	}
	switch {
	case s == "":
	case isOffer(s):
		r.offers = append(r.offers, strings.TrimSuffix(s, ":"))
		r.offering = true
	case strings.HasSuffix(s, ":"):
		r.offering = false
		head := strings.TrimRight(s, ": ")
		r.topic = ""
		if isGeneric(head) || isAnnouncement(s) {
			return
		}
		if s[0] == '`' || langOf(firstField(head)) != plainText {
			r.topic = head
		} else if len(strings.Fields(head)) >= 4 {
			r.lead(s)
		}
	case isStatus(s):
		r.status = append(r.status, s)
	case isLeft(s):
		r.open = append(r.open, s)
		r.lead(s)
	case isAnnouncement(s) || !meaningful(s) || strings.HasSuffix(s, "{") || strings.HasSuffix(s, "}") || strings.HasSuffix(s, ";"):
	default:
		r.topic = ""
		r.lead(s)
	}
}

// lead keeps a sentence that tells something.
func (r *reader) lead(s string) {
	r.told(s)
	r.outer = nil
	r.leads = append(r.leads, s)
	if r.opener = ""; strings.HasSuffix(s, ":") {
		r.opener = s
	}
}

// narrative joins the sentences that the title does not hold, as far as they fit.
func (d doc) narrative(title string) string {
	var out []string
	size := 0
	for _, s := range append(d.leads[:len(d.leads):len(d.leads)], d.status...) {
		if strings.HasSuffix(s, ":") || title != "" && strings.Contains(title, strings.TrimRight(s, ".!")) || strings.HasPrefix(s, title) && title != "" {
			continue
		}
		if size += len(s); size > maxNarrative {
			break
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}
