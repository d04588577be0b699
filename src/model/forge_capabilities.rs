//! What a forge can do, and how it treats names: fixed for as long as a process runs.

/// What one forge can do beyond what every forge can. `decide` and `draft` leave out what it cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForgeCapabilities {
    /// Whether the forge treats logins that differ only in case as one. Its adapter then gives every login in lower case.
    pub logins_are_case_insensitive: bool,
    /// Whether a login can pass from one account to another. A login in the configuration then gives a right only to a
    /// collaborator of the config repository.
    pub logins_can_be_reassigned: bool,
    /// The address of the forge's web pages, such as `https://github.com`; `None` if it cannot compare source code.
    pub web_url: Option<String>,
    /// Whether a status has a page with a summary and details, besides its line.
    pub shows_status_details: bool,
    /// Whether the forge shows deployments, and the bot is configured to report them.
    pub shows_deployments: bool,
}
