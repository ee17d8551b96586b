//! A place in a text that is read character by character, for grammars too small for tokens.
//!
//! Comes in: text. Goes out: whether the next of it is what was asked for; only then it is taken. What begins
//! something optional and fails half way goes back by [`Scan::try_take`].
//! Specification: RFC 5234, the notation that the grammars below are written in.

/// A place in a text.
#[derive(Clone, Copy)]
pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    /// Stands at the start of the text.
    pub fn new(text: &'t str) -> Self {
        Scan { text, at: 0 }
    }

    /// Whether `grammar` reads the text from its start to its end.
    pub fn matches(text: &'t str, grammar: impl FnOnce(&mut Self) -> Option<()>) -> bool {
        let mut scan = Scan::new(text);
        grammar(&mut scan).is_some() && scan.rest().is_empty()
    }

    /// How much of the text from its start `grammar` reads.
    pub fn length(text: &'t str, grammar: impl FnOnce(&mut Self) -> Option<()>) -> Option<usize> {
        let mut scan = Scan::new(text);
        grammar(&mut scan).map(|()| scan.at)
    }

    /// What is left.
    pub fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How much was taken.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The character that is next.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes this text, which is next or `None`.
    pub fn take(&mut self, text: &str) -> Option<()> {
        let found = self.rest().starts_with(text);
        self.skip_if(found, text.len())
    }

    /// Takes this text in any letter case.
    pub fn take_folded(&mut self, text: &str) -> Option<()> {
        let found = self.rest().get(..text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text));
        self.skip_if(found, text.len())
    }

    /// Takes one of these characters.
    pub fn take_any(&mut self, characters: &[char]) -> Option<char> {
        let found = self.peek().filter(|found| characters.contains(found))?;
        self.at += found.len_utf8();
        Some(found)
    }

    /// Takes the longest run of characters that pass, which may be empty.
    pub fn take_while(&mut self, passes: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|character| !passes(character)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Takes the longest run of characters that pass; at least `least` and at most `most`.
    pub fn take_run(&mut self, passes: impl Fn(char) -> bool, least: usize, most: usize) -> Option<&'t str> {
        let mut ahead = *self;
        let run = ahead.take_while(passes);
        let count = run.chars().count();
        (least..=most).contains(&count).then(|| {
            *self = ahead;
            run
        })
    }

    /// Takes digits, at least `least` and at most `most`.
    pub fn digits(&mut self, least: usize, most: usize) -> Option<&'t str> {
        let available = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let length = available.min(most);
        let digits = self.rest().get(..length)?;
        (length >= least).then(|| {
            self.at += length;
            digits
        })
    }

    /// Takes what `grammar` reads, or nothing of it. Answers whether it was there.
    pub fn try_take(&mut self, grammar: impl FnOnce(&mut Self) -> Option<()>) -> bool {
        let mut ahead = *self;
        let found = grammar(&mut ahead).is_some();
        if found {
            *self = ahead;
        }
        found
    }

    /// Takes one or more of what `grammar` reads, with `separator` between.
    pub fn list(&mut self, separator: &str, mut grammar: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        grammar(self)?;
        while self.take(separator).is_some() {
            grammar(self)?;
        }
        Some(())
    }

    fn skip_if(&mut self, found: bool, length: usize) -> Option<()> {
        found.then(|| self.at += length)
    }
}
