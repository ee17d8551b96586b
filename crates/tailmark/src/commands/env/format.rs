//! How a variable is written so that it can be pasted: quoted as each form reads it.

/// How settings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `export NAME='value'`, for sh, bash, zsh.
    Shell,
    /// `$env:NAME = 'value'`
    Powershell,
    /// `NAME='value'`, for files that tools read: `.env`.
    Dotenv,
}

impl Format {
    /// One line.
    pub fn line(self, name: &str, value: &str) -> String {
        match self {
            Self::Shell => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Powershell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
            Self::Dotenv => format!("{name}='{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        let line = |format: Format| format.line("A", r"/o'hara\$x");
        assert_eq!(line(Format::Shell), r"export A='/o'\''hara\$x'");
        assert_eq!(line(Format::Powershell), r"$env:A = '/o''hara\$x'");
        assert_eq!(line(Format::Dotenv), r"A='/o\'hara\\$x'");
    }
}
