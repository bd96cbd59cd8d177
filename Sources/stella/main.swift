import StellaCommands
run(CommandLine.arguments)
