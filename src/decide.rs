//! The product's judgement: facts in, the clock among them; a plan out. Pure.

mod plan;

pub use plan::{
    Action, Because, GateName, GateReport, GatesPassed, Judgement, Need, Plan, Reason, Remark, Verdict,
};
