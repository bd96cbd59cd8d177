import StellaCommands

await StellaCommand.main(arguments: Array(CommandLine.arguments.dropFirst()))
