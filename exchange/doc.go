// Package exchange moves a memory from one store to another, whatever their engines,
// through a file of JSON lines that says all there is to say.
//
// # The file
//
// Each line is an object with one key that names what it holds:
//
//   - "header", the first line: format, version, who wrote it, when.
//   - "team", "project", "session", "event", "job", "observation": a row in its wire
//     form, with what the API keeps to itself. A job of a batch has its events, an
//     observation its sources. A row comes after those it belongs to.
//   - "end", the last line: how many rows of each kind there are. A file without it was
//     cut off.
//
// API keys and the audit log are the business of a server and stay there, with the
// ledger of usage; vectors and jobs that make them are made anew from the texts.
//
// # Export
//
// [Export] writes what the store held at one moment. What is under way at that moment
// is written as queued, without the key that asked for it: no other store knows it.
//
// # Import
//
// [Import] only adds. A row whose id is there is left as it is, so that importing twice
// is importing once, and an import that was interrupted is completed by another one.
// Teams and projects are those of the same id, or else of the same name; a session,
// event or job that has its twin under another id (the same session of the host, the
// same thing told) becomes that one, and what the store owes for the event, or made of
// it, stays its own business. Observations keep their numbers where these are free. A
// row whose id belongs to another project of the store ends the import.
//
// Rows are stored in transactions of bounded size. After an error nothing is half
// written, and what was committed before it is complete in itself.
package exchange
