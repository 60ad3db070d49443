//! The command line. Help, man page and completions derive from these types.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Lets code through to deployment only when it has been shown to be safe.
#[derive(Debug, Parser)]
#[command(name = "sluicegate", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// The exit codes, as help shows them; a test compares them with the list in `report`.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0    the gate passed
  1    the gate failed
  2    the command line or the configuration is wrong
  3    something that blocks was not looked at
  70   a bug of Sluicegate
  130  the run was interrupted";

/// Takes a folder that may be empty, as a variable in a CI file is that nobody set: then it is none.
fn folder() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// How much is said on standard error, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct Talk {
    /// Say more on standard error; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Form of the log lines that -v adds
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// When to use color [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// When to use color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the pipeline over a tree and judge it
    Run(RunArgs),
    /// Show what a run would do: each stage, why it runs or not, what it needs, whether the cache has it
    Plan(PlanArgs),
    /// Write a pipeline file for what is found in a tree
    Init(InitArgs),
    /// Explain a rule, a finding, a gap or a stage
    Explain(ExplainArgs),
    /// Render records that `run --record` wrote, without running anything
    Report(ReportArgs),
    /// Write down the findings of today as accepted
    Baseline(BaselineArgs),
    /// Bring advisories to this machine, or tell what is there
    Db(DbArgs),
    /// Tell the size of the results cache, or clear it
    Cache(CacheArgs),
    /// Check what is about to be pushed, as a git hook
    Hook(HookArgs),
    /// Print the JSON Schema of the pipeline file or of the JSON report
    Schema(SchemaArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What is checked, and by which part of the pipeline.
#[derive(Debug, Clone, Args)]
pub(crate) struct Choice {
    /// Folder to check
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Pipeline file, relative to PATH
    #[arg(long, default_value = plan::PipelineFile::NAME)]
    pub(crate) config: String,
    /// Profile of the pipeline file; built in: push, ci, release
    #[arg(long, short)]
    pub(crate) profile: Option<String>,
    /// Run these stages alone, with what they need
    #[arg(long = "stage", short, value_name = "STAGE", value_delimiter = ',')]
    pub(crate) stages: Vec<String>,
    /// Judge only what is new since the merge-base with REV, by the policy of REV
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,
    /// Check one part of N: `I/N`. The records merge with `sluicegate report`
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<plan::Shard>,
    /// Check files too that .gitignore hides
    #[arg(long)]
    pub(crate) include_ignored: bool,
    /// Refuse the network
    #[arg(long)]
    pub(crate) offline: bool,
    /// Neither read nor write the results cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Threads for work that takes processor time, at most 1024 [default: all processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Folder of the advisories [default: the user's data folder]
    #[arg(long, value_name = "DIR", env = "SLUICEGATE_DATA_DIR", value_parser = folder())]
    pub(crate) data_dir: Option<PathBuf>,
    /// Folder of the results cache [default: the user's cache folder]
    #[arg(long, value_name = "DIR", env = "SLUICEGATE_CACHE_DIR", value_parser = folder())]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// Where reports go.
#[derive(Debug, Clone, Args)]
pub(crate) struct Output {
    /// Report format, or FORMAT=FILE, `-` for standard output; may be given several times [default: text]
    #[arg(long = "format", short, value_name = "FORMAT[=FILE]")]
    pub(crate) formats: Vec<String>,
    /// File for the report that has none of its own
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show findings from this severity on; the gate sees all
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<model::Severity>,
    /// Show all findings and gaps, however many, unchanged and waived ones too, and which files were passed over
    #[arg(long)]
    pub(crate) all: bool,
    /// Add durations and cache hits to reports; they are then no longer the same twice
    #[arg(long)]
    pub(crate) timings: bool,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Write the record of the run to FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Start no further stage once one has found what fails the gate; on a change the merge-base is looked at first, since
    /// only that tells what is new
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Let no comment in the source ignore a finding
    #[arg(long)]
    pub(crate) no_inline_ignores: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Form of the plan
    #[arg(long, short, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
}

/// Form of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    Text,
    /// For programs: profile, scope, change, stages with fate and cache, what is not there, what is loosened.
    Json,
}

/// Arguments of `init`.
#[derive(Debug, Clone, Args)]
pub(crate) struct InitArgs {
    /// Folder to write the file in
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the file instead of writing it
    #[arg(long)]
    pub(crate) print: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArgs {
    /// `stage/rule`, a rule, a stage, a kind of gap (lost, unread, partial), or with --record the id of a finding or of a
    /// gap, or the code of gaps
    #[arg(value_name = "RULE|STAGE|FINDING|GAP")]
    pub(crate) subject: String,
    /// Tell why the cached answer of the stage holds, or which input has changed
    #[arg(long)]
    pub(crate) cache: bool,
    /// List all rules of the stage
    #[arg(long, conflicts_with_all = ["cache", "record"])]
    pub(crate) all: bool,
    /// Record in which to look for the finding or the gap
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// Arguments of `report`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArgs {
    /// Records, one or one for each shard
    #[arg(required = true, value_name = "FILE")]
    pub(crate) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Arguments of `baseline`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BaselineArgs {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// File to write, from the folder of the pipeline file on, or - for standard output; without it the baseline that the
    /// policy names, or else .sluicegate/baseline.json
    #[arg(long, short)]
    pub(crate) output: Option<PathBuf>,
    /// Write it although a stage was lost, or over a file that is no baseline
    #[arg(long)]
    pub(crate) force: bool,
}

/// Arguments of `db`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DbArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

/// What to do with the advisories.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum DbCommand {
    /// Build the index of advisories
    Update {
        /// Folder, zip file or URL in the layout of the public OSV bucket [default: that bucket]
        #[arg(long, value_name = "DIR|FILE|URL")]
        from: Option<String>,
        /// Ecosystems to bring, as OSV names them [default: all that lockfiles can name]
        #[arg(long = "ecosystem", value_name = "NAME", value_delimiter = ',')]
        ecosystems: Vec<String>,
        /// Refuse the network
        #[arg(long)]
        offline: bool,
        /// Take records that can be read where others cannot, and a source that has less than half of what is there
        #[arg(long)]
        force: bool,
        /// Folder of the advisories
        #[arg(long, value_name = "DIR", env = "SLUICEGATE_DATA_DIR", value_parser = folder())]
        data_dir: Option<PathBuf>,
    },
    /// Tell what is there, how old it is, and its digests
    Status {
        /// Folder of the advisories
        #[arg(long, value_name = "DIR", env = "SLUICEGATE_DATA_DIR", value_parser = folder())]
        data_dir: Option<PathBuf>,
    },
}

/// Arguments of `cache`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CacheArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
    /// Folder of the results cache
    #[arg(long, value_name = "DIR", env = "SLUICEGATE_CACHE_DIR", global = true, value_parser = folder())]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// What to do with the cache.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum CacheCommand {
    /// Tell where it is and how much it holds
    Size,
    /// Remove everything it holds
    Clear,
}

/// Arguments of `hook`.
#[derive(Debug, Clone, Args)]
pub(crate) struct HookArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: HookCommand,
}

/// What to do with the hook.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum HookCommand {
    /// Have git call Sluicegate before every push of this repository
    Install {
        /// Folder of the repository
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Replace a hook that is not ours
        #[arg(long)]
        force: bool,
    },
    /// Take the hook away again
    Uninstall {
        /// Folder of the repository
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// What the hook calls: reads the refs to be pushed from standard input
    PrePush {
        /// Name of the remote, as git gives it
        remote: String,
        /// Its URL, as git gives it
        url: Option<String>,
    },
}

/// Arguments of `schema`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SchemaArgs {
    /// Which schema
    #[arg(value_enum, default_value_t = SchemaOf::Pipeline)]
    pub(crate) of: SchemaOf,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The pipeline file.
    Pipeline,
    /// The JSON report.
    Report,
}
