//! The exit codes, derived in this one place (DESIGN section 2, item 5).

/// How a process ends. The order is that of precedence: of several that hold, the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// The gate lets the code through.
    Pass,
    /// Something that blocks was not looked at, or there was nothing to look at.
    Incomplete,
    /// The gate does not let the code through.
    Fail,
    /// The command line or the configuration is wrong.
    Usage,
    /// A bug of ours.
    Bug,
    /// Stopped from outside.
    Interrupted,
}

impl Exit {
    /// Every way to end, with what help and manual say of it.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Pass, "the gate passed"),
        (Self::Fail, "the gate failed"),
        (Self::Usage, "the command line or the configuration is wrong"),
        (Self::Incomplete, "something that blocks was not looked at"),
        (Self::Bug, "a bug of Sluicegate"),
        (Self::Interrupted, "the run was interrupted"),
    ];

    /// Returns the code of the process.
    pub const fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }

    /// Returns the one of several that counts; [`Exit::Pass`] of none.
    pub fn of(several: impl IntoIterator<Item = Self>) -> Self {
        several.into_iter().max().unwrap_or(Self::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_gravest_counts() {
        let by_precedence: Vec<u8> = {
            let mut all: Vec<Exit> = Exit::ALL.iter().map(|(exit, _)| *exit).collect();
            all.sort();
            all.reverse();
            all.into_iter().map(Exit::code).collect()
        };
        assert_eq!(by_precedence, [130, 70, 2, 1, 3, 0]);
        assert_eq!(Exit::of([Exit::Incomplete, Exit::Fail, Exit::Pass]), Exit::Fail);
        assert_eq!(Exit::of([]), Exit::Pass);
    }
}
