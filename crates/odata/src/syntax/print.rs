//! The tree as text again.
//!
//! Comes in: any node. Goes out: its canonical text, not percent-encoded: one blank around operators, names
//! as they were, `$` before system query options, parentheses only where leaving them out would change the
//! tree. Parsing the text, once its parts are percent-encoded, gives the same tree; so it can stand for it in
//! logs and tests.
//! Specification: OData 4.01 ABNF, sections 1, 2 and 4.

mod apply;
mod expr;
mod request;
