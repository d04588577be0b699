//! What GitHub's events say.
