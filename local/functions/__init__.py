"""Where functions run: in this process, or built, under AWS's emulator."""
