//! Grammar that several protocols share.
