//! Raw HTML in a comment: what it hides or sets apart holds no commands, even past blank lines.

/// Elements whose content is hidden, quoted, struck out, code, a link, a heading, a list or a table.
const CONTAINERS: [&str; 24] = [
    "a",
    "blockquote",
    "code",
    "del",
    "details",
    "dl",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "kbd",
    "ol",
    "pre",
    "s",
    "samp",
    "script",
    "strike",
    "style",
    "table",
    "template",
    "tt",
    "ul",
];

/// Where the reading of the HTML stopped.
#[derive(Copy, Clone, Default)]
enum HtmlPosition {
    /// Outside of any tag.
    #[default]
    Between,
    /// In a comment.
    Comment,
    /// In `<!...>` or `<?...>`.
    Declaration,
    /// In a tag, perhaps in the value of an attribute.
    Tag { quote: Option<char> },
}

/// The HTML that is open at one point of a comment.
#[derive(Default)]
pub(super) struct OpenHtml {
    place: HtmlPosition,
    containers: Vec<&'static str>,
}

impl OpenHtml {
    /// Whether what follows is shown as ordinary text.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.place, HtmlPosition::Between) && self.containers.is_empty()
    }

    /// Takes the next piece of raw HTML into account; text between the pieces cannot close anything.
    pub(super) fn read(&mut self, html: &str) {
        let mut rest = html;
        while !rest.is_empty() {
            rest = match self.place {
                HtmlPosition::Between => self.between(rest),
                HtmlPosition::Comment => self.up_to(rest, "-->"),
                HtmlPosition::Declaration => self.up_to(rest, ">"),
                HtmlPosition::Tag { quote: None } => self.tag(rest),
                HtmlPosition::Tag { quote: Some(quote) } => self.attribute(rest, quote),
            };
        }
    }

    fn between<'a>(&mut self, html: &'a str) -> &'a str {
        let Some((_, tag)) = html.split_once('<') else { return "" };
        if let Some(comment) = tag.strip_prefix('!').filter(|rest| rest.starts_with("--")) {
            // The dashes stay: `<!-->` is a whole comment.
            self.place = HtmlPosition::Comment;
            return comment;
        }
        if tag.starts_with(['!', '?']) {
            self.place = HtmlPosition::Declaration;
            return tag;
        }
        let (closes, name) = tag.strip_prefix('/').map_or((false, tag), |name| (true, name));
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return tag;
        }
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len());
        let (name, rest) = name.split_at(end);
        self.place = HtmlPosition::Tag { quote: None };
        self.element(name, closes);
        rest
    }

    fn element(&mut self, name: &str, closes: bool) {
        let Some(known) = CONTAINERS.iter().find(|known| known.eq_ignore_ascii_case(name)) else { return };
        if !closes {
            self.containers.push(known);
        } else if let Some(opened) = self.containers.iter().rposition(|open| open == known) {
            self.containers.truncate(opened);
        }
    }

    fn up_to<'a>(&mut self, html: &'a str, end: &str) -> &'a str {
        let Some((_, rest)) = html.split_once(end) else { return "" };
        self.place = HtmlPosition::Between;
        rest
    }

    fn tag<'a>(&mut self, html: &'a str) -> &'a str {
        let Some(at) = html.find(['>', '"', '\'']) else { return "" };
        let (before, rest) = html.split_at(at);
        let mut characters = rest.chars();
        match characters.next() {
            Some('>') => self.place = HtmlPosition::Between,
            quote if before.trim_end().ends_with('=') => self.place = HtmlPosition::Tag { quote },
            Some(_) | None => {}
        }
        characters.as_str()
    }

    fn attribute<'a>(&mut self, html: &'a str, quote: char) -> &'a str {
        let Some((_, rest)) = html.split_once(quote) else { return "" };
        self.place = HtmlPosition::Tag { quote: None };
        rest
    }
}
