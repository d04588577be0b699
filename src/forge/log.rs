//! How the log lies on its branch, the same on every forge: small files of JSON Lines, of which only the last one grows.
//!
//! | file | what is in it |
//! |---|---|
//! | `log.jsonl` | the beginning, where an older Towpath wrote it; it stays as it is |
//! | `log/000001.jsonl` and so on | what follows, in the order of the numbers |
//!
//! So an append sends a file or two, and whoever knows an earlier commit reads only files that differ. What else lies
//! on the branch at the last commit that is proven to be the bot's is left alone.
//!
//! The log grows by one line for each comment with a command. Above 64 MiB, some 300,000 lines, Towpath stops and says
//! what to delete. A file has about 256 KiB, because GitHub rejects trees that are sent with some 2.5 MB. That a file
//! only grew is proven by the old blob id, which is the hash of its beginning. The price is that a cold read of many
//! files fetches an archive.

#[cfg(test)]
mod tests;

use super::{LOG_BRANCH, LogPart};
use crate::model::{BlobId, CommitId, LeftOut};

/// How large a file grows, in bytes; a record that is larger has a file of its own.
pub(super) const SEGMENT_BYTES_MAX: u64 = 256 << 10;
/// Longest record that is written, in bytes. GitHub cuts off texts in documents at 512,000.
const LINE_BYTES_MAX: usize = 400 << 10;
/// Largest log that is read or written, in bytes.
const LOG_BYTES_MAX: u64 = 64 << 20;
/// Most files of a log. Two that follow each other are together larger than one may grow, so 64 MiB take about 512.
const SEGMENTS_MAX: usize = 1_000;
/// The highest number that a file can have.
const NUMBER_MAX: u32 = 999_999;
/// Digits of a number in the name of a file.
const DIGITS: usize = 6;
/// The folder of the files.
const FOLDER: &str = "log";
/// The one file of the older layout, and the number that stands for it here.
const OLD_FILE: &str = "log.jsonl";
const OLD_NUMBER: u32 = 0;

impl LogPart {
    /// That this is another log than the one that was read up to a commit before, which it was asked for with.
    #[must_use]
    pub fn replaced(&self, read: &CommitId) -> Option<LeftOut> {
        let is_replaced = self.from_start && self.proven.as_ref() != Some(read);
        is_replaced.then(|| LeftOut::LogReplaced { read: read.clone() })
    }
}

/// What is wrong with a log, or with what it is to take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LogError {
    /// A record would not be a line.
    #[error("a record is one line")]
    NotOneLine,
    /// A record is too long.
    #[error("a record has {bytes} bytes, and the log takes at most {LINE_BYTES_MAX}")]
    LongLine {
        /// How long it is.
        bytes: usize,
    },
    /// The log is too large, or in too many files.
    #[error(
        "the log comes to {what}; keep a copy of the branch `{LOG_BRANCH}` and delete its oldest files there, as the bot: what only \
         they say, such as that something is locked or in quarantine, is forgotten then"
    )]
    Full {
        /// What there is more of than there may be.
        what: String,
    },
    /// A file holds something else than text.
    #[error(
        "`{path}` on the branch `{LOG_BRANCH}` is not text: {why}; fix it, or restore the previous version"
    )]
    NotText {
        /// Which file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Git refuses to name a content, because it looks like an attack on its names.
    #[error("Git has no name for `{path}`: {why}")]
    Nameless {
        /// Which file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// One file of the log at some commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    number: u32,
    /// The blob with its content.
    pub(super) blob: BlobId,
    /// How large it is.
    pub(super) bytes: u64,
}

/// The files of the log at one commit, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    segments: Vec<Segment>,
}

/// What follows a known commit, as far as the names of blobs tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogRemainder<'a> {
    /// The files to read.
    pub(super) segments: &'a [Segment],
    /// What the first of them was at the known commit; nothing where it was not there.
    grown: Option<&'a Segment>,
}

/// A file as an append leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentWrite {
    number: u32,
    /// The whole content.
    pub(super) text: String,
}

/// Refuses what is no record.
pub(super) fn check_lines(lines: &[String]) -> Result<(), LogError> {
    if lines.iter().any(|line| line.is_empty() || line.contains(['\n', '\r'])) {
        return Err(LogError::NotOneLine);
    }
    match lines.iter().map(String::len).find(|bytes| *bytes > LINE_BYTES_MAX) {
        Some(bytes) => Err(LogError::LongLine { bytes }),
        None => Ok(()),
    }
}

/// What the commit of an append says, and which tip its content leaves out because it is not proven to be the bot's.
/// Nothing is built because of it.
pub(super) fn message(lines: &[String], left_out: Option<&CommitId>) -> String {
    let noun = if lines.len() == 1 { "record" } else { "records" };
    let subject = format!("log: {} {noun} [skip ci]\n", lines.len());
    match left_out {
        Some(tip) => {
            format!("{subject}\nLeaves out what came up to {tip}, which is not proven to be the bot's.\n")
        }
        None => subject,
    }
}

impl Segment {
    /// A file of the log; nothing where the path is not one of those.
    pub(super) fn at(path: &str, blob: BlobId, bytes: u64) -> Option<Self> {
        if path == OLD_FILE {
            return Some(Self { number: OLD_NUMBER, blob, bytes });
        }
        let digits = path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".jsonl")?;
        let is_number = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number = digits.parse().ok().filter(|number| is_number && *number != OLD_NUMBER)?;
        Some(Self { number, blob, bytes })
    }

    /// Where it lies.
    pub(super) fn path(&self) -> String {
        path(self.number)
    }
}

impl SegmentWrite {
    /// Where it belongs.
    pub(super) fn path(&self) -> String {
        path(self.number)
    }

    /// The file that it becomes.
    pub(super) fn segment(&self) -> Result<Segment, LogError> {
        let blob = blob_id(self.text.as_bytes());
        let blob = blob.map_err(|why| LogError::Nameless { path: self.path(), why })?;
        Ok(Segment { number: self.number, blob, bytes: self.text.len() as u64 })
    }
}

impl FromIterator<Segment> for Layout {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        let mut segments: Vec<Segment> = segments.into_iter().collect();
        segments.sort_by_key(|segment| segment.number);
        Self { segments }
    }
}

impl Layout {
    /// Refuses a log that is too large.
    pub(super) fn check(&self) -> Result<(), LogError> {
        let bytes = self.segments.iter().fold(0_u64, |sum, segment| sum.saturating_add(segment.bytes));
        let full = |what: String| Err(LogError::Full { what });
        if bytes > LOG_BYTES_MAX {
            return full(format!("{bytes} bytes, more than {LOG_BYTES_MAX}"));
        }
        if self.segments.len() > SEGMENTS_MAX {
            return full(format!("{} files, more than {SEGMENTS_MAX}", self.segments.len()));
        }
        Ok(())
    }

    /// The last file.
    pub(super) fn last(&self) -> Option<&Segment> {
        self.segments.last()
    }

    /// Everything.
    pub(super) fn whole(&self) -> LogRemainder<'_> {
        LogRemainder { segments: &self.segments, grown: None }
    }

    /// What follows a log that was known; nothing where that is no beginning of this one.
    ///
    /// Whether its last file only grew is left to [`Rest::lines`].
    pub(super) fn after<'a>(&'a self, known: &'a Self) -> Option<LogRemainder<'a>> {
        let pairs = self.segments.iter().zip(&known.segments);
        let same = pairs.take_while(|(own, known)| own.blob == known.blob).count();
        let (segments, gone) = (self.segments.get(same..)?, known.segments.get(same..)?);
        match gone {
            // Where there was no log, nothing of it is known.
            [] if same == 0 => None,
            [] => Some(LogRemainder { segments, grown: None }),
            [grown] if !segments.is_empty() => Some(LogRemainder { segments, grown: Some(grown) }),
            [_, ..] => None,
        }
    }

    /// The file with which an append goes on, where it has room for the first line; else it begins another.
    pub(super) fn growing(&self, lines: &[String]) -> Option<&Segment> {
        let last = self.last().filter(|last| last.number != OLD_NUMBER)?;
        // A person may have left the last line without its end.
        let ends = 2;
        let bytes = last.bytes.saturating_add(lines.first()?.len() as u64 + ends);
        (bytes <= SEGMENT_BYTES_MAX).then_some(last)
    }

    /// The files that an append writes, with the content of the one with which it goes on.
    pub(super) fn grown(
        &self,
        growing: Option<(&Segment, &[u8])>,
        lines: &[String],
    ) -> Result<Vec<SegmentWrite>, LogError> {
        let next = |number: u32| match number {
            NUMBER_MAX => Err(LogError::Full { what: format!("a file with the number {NUMBER_MAX}") }),
            number => Ok(SegmentWrite { number: number + 1, text: String::new() }),
        };
        let mut all = Vec::new();
        let mut open = match growing {
            Some((segment, content)) => {
                SegmentWrite { number: segment.number, text: ended(text(segment, content)?) }
            }
            None => next(self.last().map_or(OLD_NUMBER, |last| last.number))?,
        };
        for line in lines {
            let bytes = (open.text.len() + line.len() + 1) as u64;
            if bytes > SEGMENT_BYTES_MAX && !open.text.is_empty() {
                let number = open.number;
                all.push(std::mem::replace(&mut open, next(number)?));
            }
            open.text.push_str(line);
            open.text.push('\n');
        }
        all.push(open);
        Ok(all)
    }

    /// The log with files that an append wrote.
    pub(super) fn with(&self, written: &[SegmentWrite]) -> Result<Self, LogError> {
        let is_new = |segment: &&Segment| written.iter().all(|new| new.number != segment.number);
        let kept: Vec<Segment> = self.segments.iter().filter(is_new).cloned().collect();
        let new: Vec<Segment> = written.iter().map(SegmentWrite::segment).collect::<Result<_, _>>()?;
        let layout: Self = kept.into_iter().chain(new).collect();
        layout.check().map(|()| layout)
    }
}

impl LogRemainder<'_> {
    /// The lines in the content of its files; nothing where the first one did not only grow.
    pub(super) fn lines<C: AsRef<[u8]>>(&self, contents: &[C]) -> Result<Option<Vec<String>>, LogError> {
        let mut lines = Vec::new();
        let mut grown = self.grown;
        for (segment, content) in self.segments.iter().zip(contents) {
            let known = match grown.take() {
                Some(grown) if !begins_with(content.as_ref(), grown) => return Ok(None),
                Some(grown) => usize::try_from(grown.bytes).unwrap_or(usize::MAX),
                None => 0,
            };
            let rest = content.as_ref().get(known..).unwrap_or_default();
            lines.extend(text(segment, rest)?.lines().filter(|line| !line.is_empty()).map(str::to_owned));
        }
        Ok(Some(lines))
    }
}

/// Whether a content begins with what a file was, which its name proves, and goes on with another line.
fn begins_with(content: &[u8], known: &Segment) -> bool {
    let split = usize::try_from(known.bytes).ok().and_then(|bytes| content.split_at_checked(bytes));
    let Some((before, rest)) = split else { return false };
    let is_whole = before.is_empty() || before.ends_with(b"\n");
    let goes_on = rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"\r\n");
    (is_whole || goes_on) && blob_id(before).is_ok_and(|id| id == known.blob)
}

fn text<'a>(segment: &Segment, content: &'a [u8]) -> Result<&'a str, LogError> {
    std::str::from_utf8(content)
        .map_err(|error| LogError::NotText { path: segment.path(), why: error.to_string() })
}

/// A text whose last line has its end, which a person may have left out.
fn ended(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

fn path(number: u32) -> String {
    match number {
        OLD_NUMBER => OLD_FILE.to_owned(),
        number => format!("{FOLDER}/{number:0DIGITS$}.jsonl"),
    }
}

/// The name that Git gives to a content.
fn blob_id(content: &[u8]) -> Result<BlobId, String> {
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, content);
    let id = id.map_err(|error| error.to_string())?;
    BlobId::new(id.to_string()).map_err(|error| error.to_string())
}
