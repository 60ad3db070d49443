//! One file for each format. The list of them is [`crate::format::FORMATS`].

pub(crate) mod cargo_lock;
pub(crate) mod go_mod;
mod go_release;
pub(crate) mod go_sum;
pub(crate) mod go_work;
pub(crate) mod package_lock;
pub(crate) mod poetry_lock;
mod python_files;
pub(crate) mod requirements_txt;
pub(crate) mod uv_lock;

#[cfg(test)]
mod tests;
