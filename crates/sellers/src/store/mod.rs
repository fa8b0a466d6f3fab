//! Every statement on the tables of sellers, by table.

pub(crate) mod agreements;
pub(crate) mod applications;
pub(crate) mod certifications;
pub(crate) mod changes;
pub(crate) mod profiles;
