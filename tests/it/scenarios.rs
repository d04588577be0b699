//! Stories: what people, builds and forges do, and what is expected of the bot then.

mod road;
