<<<<<<< HEAD
"""Long runs that try to break the desk, each with a control that must break."""
=======
"""`python -m torture NAME`: what must hold while everything goes wrong, each beside a run without the protection."""
>>>>>>> torture
