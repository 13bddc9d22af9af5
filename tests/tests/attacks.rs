//! What attackers try, each as a story with its end: the answer, and what lies in the tables afterwards.
//!
//! Many attacks have their test beside their subject; `docs/security/attacks.md` lists them all.

#[path = "attacks/another_site.rs"]
mod another_site;
#[path = "support/deployed.rs"]
mod deployed;
#[path = "attacks/floods.rs"]
mod floods;
#[path = "attacks/former_user.rs"]
mod former_user;
#[path = "attacks/guessing.rs"]
mod guessing;
#[path = "attacks/higher_rights.rs"]
mod higher_rights;
#[path = "attacks/limits.rs"]
mod limits;
#[path = "attacks/lockout.rs"]
mod lockout;
#[path = "attacks/many_instances.rs"]
mod many_instances;
#[path = "attacks/parameters.rs"]
mod parameters;
#[path = "attacks/pointers.rs"]
mod pointers;
#[path = "attacks/traces.rs"]
mod traces;
