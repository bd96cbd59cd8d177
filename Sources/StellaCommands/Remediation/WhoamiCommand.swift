import ArgumentParser

/// `stella whoami`: who the person at the terminal is to Stella.
struct WhoamiCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami", abstract: "Show who you are to Stella, and what you may do.",
    discussion: """
      You are the user that the kernel says this process runs as, mapped by `users:` in stella.yaml; with --server, whoever \
      has logged in there. There is no flag to be somebody else.
      """)

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.whoami, options, result) }
}
