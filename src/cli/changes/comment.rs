//! `towpath changes comment`: a comment is written only where its commands will be read.

use super::{ACTED, SelectedRepository};
use crate::cli::Failure;
use crate::command;
use crate::decide::{UnreadCommands, takes_commands};
use crate::model::{Change, ChangeNumber, Policy, UserName};

/// A comment about to be written.
pub(super) struct Comment<'a> {
    pub(super) change: ChangeNumber,
    pub(super) by: &'a UserName,
    pub(super) text: &'a str,
}

impl Comment<'_> {
    /// Writes the comment, and returns what becomes of it.
    ///
    /// # Errors
    /// Where it holds commands that nobody would carry out, with the change that takes them.
    pub(super) async fn write(&self, policy: &Policy, desk: &SelectedRepository) -> Result<String, Failure> {
        let said = match command::parse(self.text) {
            Ok(commands) if commands.is_empty() => "recorded; it holds no command".to_owned(),
            Ok(_) => {
                self.expect_read(policy, desk).await?;
                ACTED.to_owned()
            }
            Err(errors) => {
                self.expect_read(policy, desk).await?;
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                format!("recorded, but nothing of it will be done: {}", errors.join("; "))
            }
        };
        desk.forge.comment_as(&desk.repository, self.change, self.by, self.text).await?;
        Ok(said)
    }

    /// Refuses a comment with commands that nobody would carry out.
    async fn expect_read(&self, policy: &Policy, desk: &SelectedRepository) -> Result<(), Failure> {
        if self.by.is_machine() {
            let message = format!("`{}` is the name of a program, and programs give no commands", self.by);
            return Err(Failure::Usage(message));
        }
        let all = desk.forge.list(&desk.repository).await?;
        // Whether there is such a change is for the forge to say.
        let Some(change) = all.iter().find(|change| change.number == self.change) else { return Ok(()) };
        let taken = takes_commands(policy, &desk.place_of(change), change, &all);
        taken.map_err(|unread| Failure::Usage(self.refusal(change, unread)))
    }

    fn refusal(&self, change: &Change, unread: UnreadCommands) -> String {
        let number = self.change;
        match unread {
            UnreadCommands::Ended { newest } => format!(
                "commands on {number} are no longer taken, since {newest} came after it; write it on {newest}: \
                 `towpath changes comment {} ...`",
                newest.0
            ),
            UnreadCommands::Unused => {
                format!(
                    "no service of the configuration uses the branch `{}`, so commands are not read on {number}",
                    change.branch
                )
            }
        }
    }
}
