"""What systems do differently: each subject in one module, which is whole on every system.

What a system has is asked of Python (`hasattr`), never concluded from its name. Where one lacks
something, the module says what is done instead, or that nothing can be.
"""
