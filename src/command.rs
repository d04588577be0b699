//! stub
use crate::model::*;
/// c
pub enum Command {
    /// a
    Promote {
        /// e
        environments: Vec<EnvironmentName>,
        /// v
        version: Option<Tag>,
    },
    /// a
    Approve {
        /// h
        head: Option<String>,
    },
    /// r
    Reject {
        /// r
        reason: Option<String>,
    },
    /// h
    Hold {
        /// u
        until: Option<Time>,
        /// r
        reason: Option<String>,
    },
    /// r
    Resume,
    /// s
    Status,
    /// w
    Why,
    /// h
    Help,
}
/// e
pub struct ParseError;
/// p
/// # Errors
/// x
pub fn parse(_body: &str) -> Result<Vec<Command>, Vec<ParseError>> {
    Ok(Vec::new())
}
