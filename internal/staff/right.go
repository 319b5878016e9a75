package staff

import "slices"

// Right is one thing that a member may do. Each page of the desk asks for one.
type Right string

// The rights. Public and Inside are held by everybody: Public before a session
// is open, Inside as soon as one is.
const (
	Public Right = "public"
	Inside Right = "inside"

	Write       Right = "write"    // stories, pictures, statements, tasks
	Publish     Right = "publish"  // what readers see, now or at a time
	Approve     Right = "approve"  // a story in review; a second person for one that needs two
	Hold        Right = "hold"     // legal hold, on and off
	Correct     Right = "correct"  // correct, update, withdraw, retract
	Hide        Right = "hide"     // a name or a face, everywhere
	Curate      Right = "curate"   // the front page, sections, series, breaking news
	Register    Right = "register" // merge and split people, bodies and places
	Evidence    Right = "evidence" // decide who may see evidence
	Letters     Right = "letters"  // newsletters
	Import      Right = "import"   // an old newspaper's archive
	Export      Right = "export"   // stories, as open files
	Appeals     Right = "appeals"  // what readers are asked
	Money       Right = "money"    // contributions and the ledger
	Donors      Right = "donors"   // export of donors, closing a country
	Operate     Right = "operate"  // the machine: jobs, keys, mail
	Trail       Right = "trail"    // read what was done
	ManageStaff Right = "staff"    // who comes in, as what
)

// table says which roles hold a right. It is the whole of who may do what.
var table = map[Right][]Role{
	Public: Roles(),
	Inside: Roles(),

	Write:       {Owner, Editor, Reporter},
	Publish:     {Owner, Editor},
	Approve:     {Owner, Editor},
	Hold:        {Owner, Editor},
	Correct:     {Owner, Editor},
	Hide:        {Owner, Editor},
	Curate:      {Owner, Editor},
	Register:    {Owner, Editor},
	Evidence:    {Owner, Editor},
	Letters:     {Owner, Editor, Fundraiser},
	Import:      {Owner, Editor, Operator},
	Export:      {Owner, Editor, Operator},
	Appeals:     {Owner, Fundraiser},
	Money:       {Owner, Treasurer},
	Donors:      {Owner, Treasurer},
	Operate:     {Owner, Operator},
	Trail:       {Owner, Operator},
	ManageStaff: {Owner},
}

// May reports whether the role holds a right. A right that is in no table is
// held by nobody.
func (r Role) May(what Right) bool { return slices.Contains(table[what], r) }

// May reports whether the member may do something now.
func (m Member) May(what Right) bool {
	return m.State == Active && slices.ContainsFunc(m.Roles, func(r Role) bool { return r.May(what) })
}
