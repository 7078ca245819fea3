# The program knows its own commands and options.
mqtt-chat completion fish 2> /dev/null | source
