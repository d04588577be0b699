//! What the text of a comment of the bot depends on.

use crate::decide::Judgement;
use crate::model::{Policy, ServiceEnvironment, Time};

/// On what a remark rests.
#[derive(Clone, Debug)]
pub struct RemarkInput<'a> {
    /// The target whose change it stands on.
    pub target: &'a ServiceEnvironment,
    /// What was judged of that target; nothing where the configuration has it no longer.
    pub judgement: Option<&'a Judgement>,
    /// Who may do what.
    pub policy: &'a Policy,
    /// What time it is.
    pub now: Time,
}
