//! Paths of texts for people: which files hold translations, and which names are languages.

/// Extensions of files that hold nothing but texts.
const TRANSLATION: &[&str] =
    &[".po", ".pot", ".resx", ".strings", ".stringsdict", ".xlf", ".xliff", ".arb", ".ftl", ".lproj"];

/// Codes of ISO 639-1, sorted, that interfaces are translated to, but for those that are words of programs (`am`, `is`, `my`,
/// `no`).
const LANGUAGES: &[&str] = &[
    "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "eo", "es", "et",
    "eu", "fa", "fi", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "it", "ja", "ka", "kk",
    "km", "kn", "ko", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "nb", "ne", "nl", "nn", "pa", "pl", "pt",
    "ro", "ru", "si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi",
    "zh",
];

/// The languages whose codes are words, believed only as the whole name of a file.
const WORD_LIKE: &[&str] = &["am", "as", "is", "my", "no", "or", "so", "to"];

/// Folders that hold a file or a folder for each language.
const FOLDERS: &[&str] =
    &["i18n", "l10n", "lang", "langs", "locale", "locales", "nls", "translation", "translations"];

/// Short names in such folders that are no languages.
const OTHER: &[&str] = &["api", "app", "bin", "cmd", "css", "doc", "lib", "pkg", "src", "sys", "ui"];

/// Tells whether a file of this name, in lower case, holds nothing but texts.
pub(crate) fn is_translation(name: &str) -> bool {
    TRANSLATION.iter().any(|extension| name.ends_with(extension))
}

/// Tells whether a file of this name, in lower case, is that of the texts of some language, once one of its folders says texts.
/// `listed` says that its folder holds a file for each language.
pub(crate) fn is_of_language(name: &str, listed: bool) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    // `messages.ca.yml` has its language behind.
    let behind = || name.split('.').count() > 2 && name.rsplit('.').nth(1).is_some_and(is_locale);
    is_locale(stem)
        || WORD_LIKE.contains(&stem)
        || matches!(stem, "strings" | "translations")
        || behind()
        || listed && is_listed(stem)
}

/// Tells whether a folder, in lower case, is that of a language, or lies in one.
pub(crate) fn is_folder_of_language(folder: &str) -> bool {
    let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    folder.split('/').any(is_locale) || lists_languages(above) && is_listed(last)
}

/// Tells whether a folder, in lower case, holds a file or a folder for each language.
pub(crate) fn lists_languages(folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or(folder);
    FOLDERS.contains(&last.trim_start_matches('_'))
}

/// Tells whether a name may be a language where each has its own: hardly any of the world's 7,000 is in a list.
fn is_listed(name: &str) -> bool {
    let first = name.split(['-', '_', '@']).next().unwrap_or(name);
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !OTHER.contains(&first)
}

/// Tells whether a name is a locale or ends in one: `de`, `pt-br`, `messages_fr`, `values-zh-rcn`, `de_informal`, `aa-er`.
fn is_locale(name: &str) -> bool {
    let short = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let pair = |one: &str, next: &str| short(one) && (short(next) || LANGUAGES.contains(&one));
    if name.split_once(['-', '_']).is_some_and(|(one, next)| pair(one, next)) {
        return true;
    }
    let mut parts = name.rsplit(['-', '_']);
    let last = parts.next().unwrap_or(name);
    let is_language = |part: &str| part.len() == 2 && LANGUAGES.binary_search(&part).is_ok();
    is_language(last)
        || (2..=4).contains(&last.len())
            && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            && parts.next().is_some_and(is_language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_sorted() {
        assert!(LANGUAGES.is_sorted());
    }
}
